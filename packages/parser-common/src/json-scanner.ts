import type { Buffer } from 'node:buffer'
import { Cell, Layout, type LogBatch, type TimestampReader } from '@weir/sdk'
import {
  carriageReturn,
  closeBrace,
  colon,
  comma,
  minus,
  newline,
  nine,
  openBrace,
  openBracket,
  quote,
  space,
  wordsOf,
  zero,
} from './byte.ts'
import { FieldPlacer } from './field-placer.ts'
import { afterSpace, endOfNested, endOfNumber, endOfString, endOfWord, invalid } from './json-syntax.ts'
import { type Key, KeyTable } from './key-table.ts'
import type { LineScanner } from './line-scanner.ts'
import { Role, type Roles } from './well-known-keys.ts'

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

  scan(bytes: Buffer, from: number, to: number, batch: LogBatch): number {
    const words = wordsOf(bytes, to)
    let start = from
    while (start < to && !batch.isFull) {
      let end = bytes[start] === newline ? start : this.#scanLine(bytes, words, start, to, batch)
      if (end < 0) {
        end = bytes.indexOf(newline, start)
        const contentEnd = bytes[end - 1] === carriageReturn ? end - 1 : end
        batch.rowCount -= contentEnd > start ? 0 : 1
        if (contentEnd > start) {
          const at = (batch.rowCount - 1) * batch.stride * 2
          batch.cells[at + 1] = contentEnd
          batch.fail(batch.rowCount - 1)
        }
      }
      start = end + 1
    }
    return start
  }

  /** Adds a row for the line; returns the offset of its newline, or -1 if it is no JSON object. */
  #scanLine(bytes: Buffer, words: DataView, start: number, to: number, batch: LogBatch): number {
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

    let i = afterSpace(bytes, start)
    if (bytes[i] !== openBrace) return -1
    i++
    if (bytes[i] !== quote) i = afterSpace(bytes, i)
    let previous: Key = keys.start
    let hasMore = bytes[i] !== closeBrace
    while (hasMore) {
      if (bytes[i] !== quote) return -1
      let end = endOfString(bytes, words, i + 1, to)
      if (end === invalid) return -1
      let key: Key
      if (end > 0) {
        key = keys.find(bytes, i + 1, end, previous, asItIs)
      } else {
        end = ~end
        key = keys.find(bytes, i + 1, end, previous, unescaped)
      }
      previous = key
      i = end + 1
      if (bytes[i] !== colon) {
        i = afterSpace(bytes, i)
        if (bytes[i] !== colon) return -1
      }
      let byte = bytes[++i] ?? 0
      if (byte <= space) {
        i = afterSpace(bytes, i)
        byte = bytes[i] ?? 0
      }
      let a = i
      let b: number
      if (byte === quote) {
        a = i + 1
        end = endOfString(bytes, words, a, to)
        b = end < 0 ? ~end | Cell.ESCAPED : end
        if (end === invalid) return -1
        i = (end < 0 ? ~end : end) + 1
      } else if (byte === openBrace || byte === openBracket) {
        i = endOfNested(bytes, words, i, to)
        b = i | Cell.JSON
      } else if (byte === minus || (byte >= zero && byte <= nine)) {
        i = endOfNumber(bytes, i)
        b = i | Cell.NUMBER
      } else {
        i = endOfWord(bytes, i)
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
        if (bytes[i] !== quote) i = afterSpace(bytes, i)
      } else {
        i = afterSpace(bytes, i)
        hasMore = bytes[i] === comma
        if (hasMore) i = afterSpace(bytes, i + 1)
        else if (bytes[i] !== closeBrace) return -1
      }
    }
    i = afterSpace(bytes, i + 1)
    if (bytes[i] !== newline) return -1
    cells = batch.cells
    at = row * batch.stride * 2
    const end = bytes[i - 1] === carriageReturn ? i - 1 : i
    cells[at + 1] = end
    if (cells[at + 3] === Cell.ABSENT) cells[at + 3] = end
    return i
  }
}
