import { bodySlot, Cell, endOf, kindOf, type LogBatch } from '@weir/sdk'
import { backslash } from './byte.ts'
import type { Key, KeyTable } from './key-table.ts'
import { page, pageText } from './page.ts'
import { type PageTime, readAgain, remainderOfAgain } from './page-time.ts'
import { SeverityWords, severityOfNumber } from './severity-words.ts'
import { Role } from './well-known-keys.ts'

const bytes = page

export interface PlacerOptions {
  /** The body ends with a line break, which is left out. */
  chomp?: boolean
}

/** Ranks below every key's. */
const nobody = 0x7fff_ffff
/**
 * Of the record at hand, by role: the rank of the key whose value was taken, and its cell. One record is read at a time,
 * so all placers share them: constant arrays are read faster than one's own.
 */
const takenRanks = new Int32Array(6)
const takenCells = new Int32Array(12)
const againRemainder = remainderOfAgain

/**
 * Puts the values of keys that have a role where the role says: body, time, severity, trace and span id. Of several keys
 * of one role the one that ranks first is taken; the others, and values that make no sense in their role, are attributes.
 */
export class FieldPlacer {
  readonly #keys: KeyTable
  readonly chomps: boolean
  readonly #time: PageTime
  readonly #severityWords = new SeverityWords()
  /** By role: the key whose value was taken, if its rank says that there is one. */
  readonly #taken: (Key | undefined)[] = new Array(6).fill(undefined)
  readonly slots: { readonly severityText: number; readonly traceId: number; readonly spanId: number }

  constructor(keys: KeyTable, time: PageTime, options: PlacerOptions = {}) {
    this.chomps = options.chomp ?? false
    this.#keys = keys
    this.#time = time
    const { layout } = keys
    const [severityText, traceId, spanId] = [
      layout.addField('severityText'),
      layout.addField('traceId'),
      layout.addField('spanId'),
    ]
    this.slots = { severityText, traceId, spanId }
  }

  /** A new record begins. */
  begin(): void {
    takenRanks[Role.BODY] = nobody
    takenRanks[Role.TIME] = nobody
    takenRanks[Role.SEVERITY] = nobody
    takenRanks[Role.TRACE_ID] = nobody
    takenRanks[Role.SPAN_ID] = nobody
  }

  /** Places the cell `a`, `b` of a key that has a role. The batch may have wider rows afterwards. */
  place(batch: LogBatch, row: number, key: Key, a: number, b: number): void {
    const { role } = key
    if (takenRanks[role] !== nobody) {
      this.#contend(batch, row, key, a, b)
    } else if (this.#take(batch, row, role, a, b)) {
      this.#remember(key, a, b)
    } else {
      this.#setAttribute(batch, row, key, a, b)
    }
  }

  /** Places a key where another of its role was taken before, or the same. */
  #contend(batch: LogBatch, row: number, key: Key, a: number, b: number): void {
    const { role } = key
    const taken = this.#taken[role]
    const time = batch.time[row] ?? Number.NaN
    const isSame = taken === undefined || taken === key
    const isOutranked = !isSame && taken.rank <= key.rank
    if (isOutranked || !this.#take(batch, row, role, a, b)) {
      batch.time[row] = time
      this.#setAttribute(batch, row, key, a, b)
      return
    }
    if (!isSame) {
      this.#setAttribute(batch, row, taken, takenCells[role * 2] ?? 0, takenCells[role * 2 + 1] ?? Cell.ABSENT)
    }
    this.#remember(key, a, b)
  }

  #remember(key: Key, a: number, b: number): void {
    const { role } = key
    this.#taken[role] = key
    takenRanks[role] = key.rank
    takenCells[role * 2] = a
    takenCells[role * 2 + 1] = b
  }

  #take(batch: LogBatch, row: number, role: number, a: number, b: number): boolean {
    const kind = kindOf(b)
    const { cells } = batch
    const at = row * batch.stride * 2
    switch (role) {
      case Role.BODY:
        if (kind === Cell.NULL) return false
        cells[at + bodySlot * 2] = a
        cells[at + bodySlot * 2 + 1] = this.chomps && kind === Cell.ESCAPED ? chomped(a, endOf(b)) : b
        return true
      case Role.TIME:
        if (kind === Cell.STRING && readAgain(batch.time, row, a) === b) {
          const remainder = againRemainder[0] ?? 0
          if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
          return true
        }
        return (kind === Cell.STRING || kind === Cell.NUMBER) && this.#takeTime(batch, row, a, endOf(b))
      case Role.SEVERITY:
        return this.#takeSeverity(batch, row, kind, a, b)
      case Role.TRACE_ID:
        if (kind !== Cell.STRING || b - a !== 32) return false
        cells[at + this.slots.traceId * 2] = a
        cells[at + this.slots.traceId * 2 + 1] = b
        return true
      default:
        if (kind !== Cell.STRING || b - a !== 16) return false
        cells[at + this.slots.spanId * 2] = a
        cells[at + this.slots.spanId * 2 + 1] = b
        return true
    }
  }

  #takeTime(batch: LogBatch, row: number, from: number, to: number): boolean {
    if (!this.#time.whole(batch.time, row, from, to)) return false
    const { remainder } = this.#time
    if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
    return true
  }

  #takeSeverity(batch: LogBatch, row: number, kind: number, a: number, b: number): boolean {
    if (kind === Cell.STRING) {
      const severity = this.#severityWords.of(a, b)
      if (severity === 0) return false
      batch.severityNumber[row] = severity
      setCell(batch, row, this.slots.severityText, a, b)
      return true
    }
    if (kind !== Cell.NUMBER) return false
    const severity = severityOfNumber(Number(pageText(a, endOf(b))))
    if (severity === 0) return false
    batch.severityNumber[row] = severity
    setCell(batch, row, this.slots.severityText, 0, Cell.ABSENT)
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
