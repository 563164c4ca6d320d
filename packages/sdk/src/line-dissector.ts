import { Buffer } from 'node:buffer'
import { Cell } from './cell.ts'
import { readDissectPattern } from './dissect-pattern.ts'
import { createDissectKernel, type DissectKernel } from './kernels/dissect-kernel.ts'
import { plainCell, standsAt } from './plain-value.ts'

/** A field of a pattern. */
export interface DissectField {
  readonly name: string
  /** It is text whatever it looks like. */
  readonly isText: boolean
}

/** Words that stand before the cells of a line's fields: where it begins and ends, and whether it is of the pattern. */
export const lineWords = 3
/** Lines that JavaScript takes apart at once. */
const linesAtOnce = 64
const newline = 10
const carriageReturn = 13

/** Finds the fields of lines by a pattern of `dissect`, many lines at a time where there are kernels. */
export class LineDissector {
  readonly fields: readonly DissectField[]
  /** Words that a line takes in `lines`: `lineWords`, a cell for each field, and a cell of no meaning. */
  readonly width: number
  readonly #head: Buffer
  /** Of each part what ends it, and its length; empty for the last part, if the line ends it. */
  readonly #delimiters: readonly Buffer[]
  readonly #lengths: Int32Array
  readonly #padded: Uint8Array
  /** Of each part, the field that begins with it and the one that ends with it; one behind the last if none does. */
  readonly #beginning: Int32Array
  readonly #ending: Int32Array
  readonly #plain: Uint8Array
  readonly #starts: Int32Array
  readonly #kernel: DissectKernel | undefined
  readonly #own: Int32Array
  /** What `scan` has found: `count` lines, `width` words each. */
  lines: Int32Array
  count = 0

  /**
   * @param isPlain whether the numbers and booleans of a field are such
   * @throws WeirError `WEIR_DISSECT_INVALID`
   */
  constructor(pattern: string, isPlain: (field: DissectField) => boolean, { kernel = true } = {}) {
    const { head, parts } = readDissectPattern(pattern)
    this.fields = parts.flatMap(({ name, isContinued, isText }) =>
      name === undefined || isContinued ? [] : [{ name, isText }],
    )
    const none = this.fields.length
    const indexOf = (name: string | undefined) =>
      name === undefined ? none : this.fields.findIndex((field) => field.name === name)
    const table = parts.map(({ name, isContinued, delimiter, isPadded }, index) => ({
      delimiter: Buffer.from(delimiter),
      isPadded,
      beginning: indexOf(isContinued ? undefined : name),
      ending: indexOf(parts[index + 1]?.isContinued === true ? undefined : name),
    }))
    this.width = lineWords + (none + 1) * 2
    this.#head = Buffer.from(head)
    this.#delimiters = table.map(({ delimiter }) => delimiter)
    this.#lengths = Int32Array.from(table, ({ delimiter }) => delimiter.length)
    this.#padded = Uint8Array.from(table, ({ isPadded }) => Number(isPadded))
    this.#beginning = Int32Array.from(table, ({ beginning }) => beginning)
    this.#ending = Int32Array.from(table, ({ ending }) => ending)
    const plain = this.fields.map(isPlain)
    this.#plain = Uint8Array.from([...plain, false], Number)
    this.#starts = new Int32Array(none + 1)
    this.lines = this.#own = new Int32Array(this.width * linesAtOnce)
    this.#kernel = kernel ? createDissectKernel(this.#head, table, plain, this.width) : undefined
  }

  /**
   * Takes apart as many of the lines in `bytes[from…to)` as there is room for, empty ones left out. Each ends with `\n`
   * or `\r\n`, the last perhaps with neither.
   * @returns the offset after them
   */
  scan(bytes: Uint8Array, from: number, to: number): number {
    const reached = this.#kernel?.scan(bytes, from, to) ?? from
    if (this.#kernel !== undefined && reached > from) {
      this.lines = this.#kernel.lines
      this.count = this.#kernel.count
      return reached
    }
    this.lines = this.#own
    this.count = 0
    let at = from
    while (at < to && this.count < linesAtOnce) {
      const found = bytes.indexOf(newline, at)
      const next = found < 0 || found >= to ? to : found
      const end = next > at && bytes[next - 1] === carriageReturn ? next - 1 : next
      if (end > at) this.takeApart(bytes, at, end, this.#own, this.count++ * this.width)
      at = Math.min(to, next + 1)
    }
    return at
  }

  /** Takes apart the one line `bytes[start…end)`: its words are written to `out` at `at`. */
  takeApart(bytes: Uint8Array, start: number, end: number, out: Int32Array, at: number): void {
    out[at] = start
    out[at + 1] = end
    out[at + 2] = this.#match(bytes, start, end, out, at + lineWords) ? 1 : 0
  }

  #match(bytes: Uint8Array, from: number, to: number, out: Int32Array, cells: number): boolean {
    const lengths = this.#lengths
    const starts = this.#starts
    if (!standsAt(bytes, this.#head, from, to)) return false
    let at = from + this.#head.length
    for (let part = 0; part < lengths.length; part++) {
      const length = lengths[part] ?? 0
      const delimiter = this.#delimiters[part] ?? this.#head
      starts[this.#beginning[part] ?? 0] = at
      const end = length === 0 ? to : find(bytes, delimiter, at, to)
      if (end < 0) return false
      const field = this.#ending[part] ?? 0
      writeCell(bytes, starts[field] ?? 0, end, out, cells + field * 2, this.#plain[field] === 1)
      at = end + length
      if (this.#padded[part] === 1) while (standsAt(bytes, delimiter, at, to)) at += length
    }
    return at === to
  }
}

/** Where the text stands first, or -1. */
function find(bytes: Uint8Array, text: Uint8Array, from: number, to: number): number {
  const first = text[0]
  const last = to - text.length
  for (let at = from; at <= last; at++) if (bytes[at] === first && standsAt(bytes, text, at, to)) return at
  return -1
}

function writeCell(bytes: Uint8Array, start: number, end: number, out: Int32Array, at: number, isPlain: boolean): void {
  if (isPlain && end > start) {
    plainCell(bytes, start, end, out, at)
  } else {
    out[at] = start
    out[at + 1] = end > start ? Cell.STRING | end : Cell.ABSENT
  }
}
