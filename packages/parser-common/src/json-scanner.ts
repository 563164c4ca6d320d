import { Cell, Layout, type LogBatch, type TimestampReader } from '@weir/sdk'
import { closeBrace, colon, comma, minus, newline, nine, openBrace, openBracket, quote, space, zero } from './byte.ts'
import { FieldPlacer } from './field-placer.ts'
import { afterSpace, endOfNested, endOfNumber, endOfString, endOfWord, invalid } from './json-syntax.ts'
import { type Key, KeyTable } from './key-table.ts'
import type { LineScanner } from './line-scanner.ts'
import { page } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { Role, type Roles } from './well-known-keys.ts'

const bytes = page

const unescaped = (text: string): string => JSON.parse(`"${text}"`)
const asItIs = (text: string): string => text

/**
 * NDJSON: one object a line, checked as strictly as `JSON.parse` does. Values are ranges of the bytes, made when someone
 * reads them; objects and arrays below the first level stay JSON until then.
 */
export class JsonScanner implements LineScanner {
  readonly #roles: Roles
  readonly #time: TimestampReader
  #keys: KeyTable
  #fields: FieldPlacer

  constructor(roles: Roles, time: TimestampReader) {
    this.#roles = roles
    this.#time = time
    this.#keys = new KeyTable(new Layout(), roles)
    this.#fields = new FieldPlacer(this.#keys, time)
  }

  get layout(): Layout {
    if (this.#keys.layout.isCrowded) {
      this.#keys = new KeyTable(new Layout(), this.#roles)
      this.#fields = new FieldPlacer(this.#keys, this.#time)
    }
    return this.#keys.layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    let start = from
    while (start < to && !batch.isFull) {
      let end = bytes[start] === newline ? start : this.#scanLine(start, batch)
      if (end < 0) {
        end = endOfLine(start)
        const lineEnd = contentEnd(start, end)
        batch.rowCount -= lineEnd > start ? 0 : 1
        if (lineEnd > start) {
          const at = (batch.rowCount - 1) * batch.stride * 2
          batch.cells[at + 1] = lineEnd
          batch.fail(batch.rowCount - 1)
        }
      }
      start = end + 1
    }
    return start
  }

  /** Adds a row for the line; returns the offset of its newline, or -1 if it is no JSON object. */
  #scanLine(start: number, batch: LogBatch): number {
    const keys = this.#keys
    const fields = this.#fields
    const row = batch.rowCount++
    let { cells } = batch
    let at = row * batch.stride * 2
    for (let cell = at + 5, rowEnd = at + batch.stride * 2; cell < rowEnd; cell += 2) cells[cell] = Cell.ABSENT
    cells[at] = start
    cells[at + 2] = start
    cells[at + 3] = Cell.ABSENT
    batch.time[row] = Number.NaN
    batch.severityNumber[row] = 0
    if (batch.timeRemainder !== null) batch.timeRemainder[row] = 0
    fields.begin()

    let i = afterSpace(start)
    if (bytes[i] !== openBrace) return -1
    i++
    if (bytes[i] !== quote) i = afterSpace(i)
    let previous: Key = keys.start
    let hasMore = bytes[i] !== closeBrace
    while (hasMore) {
      if (bytes[i] !== quote) return -1
      let end = endOfString(i + 1)
      if (end === invalid) return -1
      let key: Key
      if (end > 0) {
        key = keys.find(i + 1, end, previous, asItIs)
      } else {
        end = ~end
        key = keys.find(i + 1, end, previous, unescaped)
      }
      previous = key
      i = end + 1
      if (bytes[i] !== colon) {
        i = afterSpace(i)
        if (bytes[i] !== colon) return -1
      }
      let byte = bytes[++i] ?? 0
      if (byte <= space) {
        i = afterSpace(i)
        byte = bytes[i] ?? 0
      }
      let a = i
      let b: number
      if (byte === quote) {
        a = i + 1
        end = endOfString(a)
        b = end < 0 ? ~end | Cell.ESCAPED : end
        if (end === invalid) return -1
        i = (end < 0 ? ~end : end) + 1
      } else if (byte === openBrace || byte === openBracket) {
        i = endOfNested(i)
        b = i | Cell.JSON
      } else if (byte === minus || (byte >= zero && byte <= nine)) {
        i = endOfNumber(i)
        b = i | Cell.NUMBER
      } else {
        i = endOfWord(i)
        a = byte === 0x74 ? 1 : 0
        b = byte === 0x6e ? Cell.NULL : Cell.BOOLEAN
      }
      if (i === invalid) return -1

      if (key.role !== Role.ATTRIBUTE) {
        fields.place(batch, row, key, a, b)
      } else {
        if (key.slot >= batch.stride) batch.widen()
        const cell = (row * batch.stride + key.slot) * 2
        batch.cells[cell] = a
        batch.cells[cell + 1] = b
      }

      if (bytes[i] === comma) {
        i++
        if (bytes[i] !== quote) i = afterSpace(i)
      } else {
        i = afterSpace(i)
        hasMore = bytes[i] === comma
        if (hasMore) i = afterSpace(i + 1)
        else if (bytes[i] !== closeBrace) return -1
      }
    }
    i = afterSpace(i + 1)
    if (bytes[i] !== newline) return -1
    cells = batch.cells
    at = row * batch.stride * 2
    const end = contentEnd(start, i)
    cells[at + 1] = end
    if (cells[at + 3] === Cell.ABSENT) cells[at + 3] = end
    return i
  }
}
