import { Cell, type Layout, type LogBatch } from '@weir/sdk'
import { closeBrace, colon, comma, minus, newline, nine, openBrace, openBracket, quote, space, zero } from './byte.ts'
import { afterSpace, endOfNested, endOfNumber, endOfString, endOfWord, invalid } from './json-syntax.ts'
import type { Key } from './key-table.ts'
import type { KeyedColumns } from './keyed-columns.ts'
import type { LineScanner } from './line-scanner.ts'
import { page } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'

const bytes = page

const unescaped = (text: string): string => JSON.parse(`"${text}"`)
const asItIs = (text: string): string => text

/**
 * NDJSON: one object a line, checked as strictly as `JSON.parse` does. Values are ranges of the bytes, made when someone
 * reads them; objects and arrays below the first level stay JSON until then.
 */
export class JsonScanner implements LineScanner {
  readonly #columns: KeyedColumns

  constructor(columns: KeyedColumns) {
    this.#columns = columns
  }

  get layout(): Layout {
    return this.#columns.layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    let start = from
    while (start < to && !batch.isFull) {
      if (bytes[start] === newline) {
        start++
        continue
      }
      const row = this.#columns.begin(batch, start)
      let end = this.#readObject(start, batch, row)
      if (end < 0) {
        end = endOfLine(start)
        this.#columns.refuse(batch, row, contentEnd(start, end))
      } else {
        this.#columns.end(batch, row, contentEnd(start, end))
      }
      start = end + 1
    }
    return start
  }

  /** Reads an object into a row; returns the offset of the newline after it, or -1 if there is no object. */
  #readObject(start: number, batch: LogBatch, row: number): number {
    const columns = this.#columns
    const { keys } = columns
    let i = afterSpace(start)
    if (bytes[i] !== openBrace) return -1
    i++
    if (bytes[i] !== quote) i = afterSpace(i)
    let previous: Key = keys.start
    let hasMore = bytes[i] !== closeBrace
    while (hasMore) {
      if (bytes[i] !== quote) return -1
      const expected = previous.next
      let end: number
      let key: Key
      if (expected?.isAt(i + 1) && bytes[i + 1 + expected.length] === quote) {
        key = expected
        end = i + 1 + expected.length
      } else {
        end = endOfString(i + 1)
        if (end === invalid) return -1
        const hasEscapes = end < 0
        if (hasEscapes) end = ~end
        key = keys.find(i + 1, end, previous, hasEscapes ? unescaped : asItIs)
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

      columns.set(batch, row, key, a, b)
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
    return bytes[i] === newline ? i : -1
  }
}
