import { bodySlot, Cell, endOf, kindOf, type LogBatch } from '@weir/sdk'
import { backslash } from './byte.ts'
import { Key, type KeyTable } from './key-table.ts'
import { page, pageText } from './page.ts'
import type { PageTime } from './page-time.ts'
import { SeverityWords, severityOfNumber } from './severity-words.ts'
import { Role } from './well-known-keys.ts'

const bytes = page

export interface PlacerOptions {
  /** The body ends with a line break, which is left out. */
  chomp?: boolean
}

const nobody = new Key('', new Uint8Array(0), Role.ATTRIBUTE, 255, -1)

/**
 * Puts the values of keys that have a role where the role says: body, time, severity, trace and span id. Of several keys
 * of one role the one that ranks first is taken; the others, and values that make no sense in their role, are attributes.
 */
export class FieldPlacer {
  readonly #keys: KeyTable
  readonly #chomps: boolean
  readonly #time: PageTime
  readonly #severityWords = new SeverityWords()
  /** By role: the key whose value was taken, and its cell. */
  readonly #taken: Key[] = new Array(6).fill(nobody)
  readonly #cells = new Int32Array(12)
  readonly #severityText: number
  readonly #traceId: number
  readonly #spanId: number

  constructor(keys: KeyTable, time: PageTime, options: PlacerOptions = {}) {
    this.#chomps = options.chomp ?? false
    this.#keys = keys
    this.#time = time
    this.#severityText = keys.layout.addField('severityText')
    this.#traceId = keys.layout.addField('traceId')
    this.#spanId = keys.layout.addField('spanId')
  }

  /** A new record begins. */
  begin(): void {
    const taken = this.#taken
    for (let role = 1; role < 6; role++) taken[role] = nobody
  }

  /** Places the cell `a`, `b` of a key that has a role. The batch may have wider rows afterwards. */
  place(batch: LogBatch, row: number, key: Key, a: number, b: number): void {
    const { role } = key
    const taken = this.#taken[role] ?? nobody
    const isOutranked = taken !== nobody && taken !== key && taken.rank <= key.rank
    if (isOutranked || !this.#take(batch, row, role, a, b)) {
      this.#setAttribute(batch, row, key, a, b)
      return
    }
    if (taken !== nobody && taken !== key) {
      this.#setAttribute(batch, row, taken, this.#cells[role * 2] ?? 0, this.#cells[role * 2 + 1] ?? Cell.ABSENT)
    }
    this.#taken[role] = key
    this.#cells[role * 2] = a
    this.#cells[role * 2 + 1] = b
  }

  #take(batch: LogBatch, row: number, role: number, a: number, b: number): boolean {
    const kind = kindOf(b)
    switch (role) {
      case Role.BODY:
        if (kind === Cell.NULL) return false
        setCell(batch, row, bodySlot, a, this.#chomps && kind === Cell.ESCAPED ? chomped(a, endOf(b)) : b)
        return true
      case Role.TIME:
        return (kind === Cell.STRING || kind === Cell.NUMBER) && this.#takeTime(batch, row, a, endOf(b))
      case Role.SEVERITY:
        return this.#takeSeverity(batch, row, kind, a, b)
      case Role.TRACE_ID:
        if (kind !== Cell.STRING || b - a !== 32) return false
        setCell(batch, row, this.#traceId, a, b)
        return true
      default:
        if (kind !== Cell.STRING || b - a !== 16) return false
        setCell(batch, row, this.#spanId, a, b)
        return true
    }
  }

  #takeTime(batch: LogBatch, row: number, from: number, to: number): boolean {
    const known = batch.time[row] ?? Number.NaN
    if (!this.#time.whole(batch.time, row, from, to)) {
      batch.time[row] = known
      return false
    }
    const { remainder } = this.#time
    if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
    return true
  }

  #takeSeverity(batch: LogBatch, row: number, kind: number, a: number, b: number): boolean {
    if (kind === Cell.STRING) {
      const severity = this.#severityWords.of(a, b)
      if (severity === 0) return false
      batch.severityNumber[row] = severity
      setCell(batch, row, this.#severityText, a, b)
      return true
    }
    if (kind !== Cell.NUMBER) return false
    const severity = severityOfNumber(Number(pageText(a, endOf(b))))
    if (severity === 0) return false
    batch.severityNumber[row] = severity
    setCell(batch, row, this.#severityText, 0, Cell.ABSENT)
    return true
  }

  #setAttribute(batch: LogBatch, row: number, key: Key, a: number, b: number): void {
    const slot = this.#keys.slotOf(key)
    if (slot >= batch.stride) batch.widen()
    setCell(batch, row, slot, a, b)
  }
}

function setCell(batch: LogBatch, row: number, slot: number, a: number, b: number): void {
  const at = (row * batch.stride + slot) * 2
  batch.cells[at] = a
  batch.cells[at + 1] = b
}

/** The end of a JSON string without the `\\n` that it ends with, as a cell. */
function chomped(from: number, to: number): number {
  let backslashes = to - 1
  while (backslashes > from && bytes[backslashes - 1] === backslash) backslashes--
  const isBreak = bytes[to - 1] === 0x6e && (to - 1 - backslashes) % 2 === 1
  const end = isBreak ? to - 2 : to
  return bytes.subarray(from, end).includes(backslash) ? end | Cell.ESCAPED : end
}
