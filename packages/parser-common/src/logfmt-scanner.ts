import { Cell, type Layout, type LogBatch } from '@weir/sdk'
import { newline, quote, space } from './byte.ts'
import { endOfString, invalid } from './json-syntax.ts'
import type { Key } from './key-table.ts'
import type { KeyedColumns } from './keyed-columns.ts'
import type { LineScanner } from './line-scanner.ts'
import { page } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { kindOfPlain } from './plain-value.ts'
import { Role } from './well-known-keys.ts'

const bytes = page
const equals = 0x3d
const tab = 9
const asItIs = (text: string): string => text

/** logfmt: `key=value key="a value" flag`. The first word must have a value, so that not every text is logfmt. */
export class LogfmtScanner implements LineScanner {
  readonly #columns: KeyedColumns

  constructor(columns: KeyedColumns) {
    this.#columns = columns
  }

  get layout(): Layout {
    return this.#columns.layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const columns = this.#columns
    let start = from
    while (start < to && !batch.isFull) {
      if (bytes[start] === newline) {
        start++
        continue
      }
      const row = columns.begin(batch, start)
      let end = this.#readPairs(start, batch, row)
      if (end < 0) {
        end = endOfLine(start)
        columns.refuse(batch, row, contentEnd(start, end))
      } else {
        columns.end(batch, row, contentEnd(start, end))
      }
      start = end + 1
    }
    return start
  }

  /** Reads the pairs of a line; returns the offset of its newline, or -1 if it is no logfmt. */
  #readPairs(start: number, batch: LogBatch, row: number): number {
    const columns = this.#columns
    const { keys } = columns
    let previous: Key = keys.start
    let i = start
    for (;;) {
      let byte = bytes[i] ?? 0
      while (byte === space || byte === tab) byte = bytes[++i] ?? 0
      if (byte === newline) return previous === keys.start ? -1 : i
      if (byte === 13 && bytes[i + 1] === newline) return previous === keys.start ? -1 : i + 1
      const keyStart = i
      while (byte > space && byte !== equals && byte !== quote) byte = bytes[++i] ?? 0
      if (i === keyStart || (byte !== equals && (byte > space || previous === keys.start))) return -1
      previous = keys.find(keyStart, i, previous, asItIs)
      if (byte !== equals) {
        columns.set(batch, row, previous, 1, Cell.BOOLEAN)
        continue
      }
      i++
      if (bytes[i] === quote) {
        const valueStart = i + 1
        const end = endOfString(valueStart)
        i = end === invalid ? endOfLooselyQuoted(valueStart) : end < 0 ? ~end : end
        if (i < 0) return -1
        columns.set(batch, row, previous, valueStart, end < 0 ? i | Cell.ESCAPED : i)
        i++
        if ((bytes[i] ?? 0) > space) return -1
      } else {
        const valueStart = i
        while ((bytes[i] ?? 0) > space && bytes[i] !== quote) i++
        if (bytes[i] === quote) return -1
        const isText =
          previous.role !== Role.ATTRIBUTE && previous.role !== Role.SEVERITY && previous.role !== Role.TIME
        const kind = isText ? Cell.STRING : kindOfPlain(valueStart, i)
        if (kind === Cell.BOOLEAN) columns.set(batch, row, previous, bytes[valueStart] === 0x74 ? 1 : 0, kind)
        else columns.set(batch, row, previous, valueStart, i | kind)
      }
    }
  }
}

/** The closing quote of a string with escapes that JSON does not have, such as `\x1b`: it stays as it stands. */
function endOfLooselyQuoted(from: number): number {
  for (let at = from; ; at++) {
    const byte = bytes[at]
    if (byte === newline) return -1
    if (byte === quote) return at
    if (byte === 0x5c && bytes[at + 1] !== newline) at++
  }
}
