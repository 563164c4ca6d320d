import { Buffer } from 'node:buffer'
import { Cell, type Layout, type LogBatch } from '@weir/sdk'
import { quote } from './byte.ts'
import type { Key } from './key-table.ts'
import type { KeyedColumns } from './keyed-columns.ts'
import type { LineScanner } from './line-scanner.ts'
import { page, pageText } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import { kindOfPlain } from './plain-value.ts'
import { Role } from './well-known-keys.ts'

const bytes = page

export interface CsvOptions {
  /** A byte of ASCII. */
  delimiter: number
  /** The header line, if it is known. */
  header: string
  /** Whether lines that are the header's are no data. */
  hasHeaderLine: boolean
  /** Called with the header line when it has been read. */
  learned(header: string): void
}

/** Delimited values with a column for each name of the header. A field ends with its line. */
export class CsvScanner implements LineScanner {
  readonly #columns: KeyedColumns
  readonly #options: CsvOptions
  #header: string
  #headerColumns: KeyedColumns['keys'] | undefined
  #keys: Key[] = []

  constructor(columns: KeyedColumns, options: CsvOptions) {
    this.#columns = columns
    this.#options = options
    this.#header = options.header
  }

  get layout(): Layout {
    return this.#columns.layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const columns = this.#columns
    let start = from
    while (start < to && !batch.isFull) {
      const end = endOfLine(start)
      const lineEnd = contentEnd(start, end)
      if (lineEnd > start) {
        const row = columns.begin(batch, start)
        if (this.#isHeader(start, lineEnd) || this.#readFields(start, lineEnd, batch, row)) {
          columns.end(batch, row, lineEnd)
        } else {
          columns.refuse(batch, row, lineEnd)
        }
      }
      start = end + 1
    }
    return start
  }

  /** Whether the line is the header, which the first line is if none is known. */
  #isHeader(from: number, to: number): boolean {
    const { hasHeaderLine, learned } = this.#options
    if (this.#header === '') {
      this.#header = pageText(from, to)
      learned(this.#header)
      return true
    }
    return hasHeaderLine && to - from === Buffer.byteLength(this.#header) && pageText(from, to) === this.#header
  }

  #readFields(from: number, to: number, batch: LogBatch, row: number): boolean {
    const { delimiter } = this.#options
    const columns = this.#columns
    const keys = this.#keysOf()
    let i = from
    for (let column = 0; column < keys.length; column++) {
      const key = keys[column]
      if (key === undefined || i > to) return false
      const start = i
      if (bytes[i] === quote) {
        let hasQuotes = false
        for (i++; ; i++) {
          if (i >= to) return false
          if (bytes[i] !== quote) continue
          if (bytes[i + 1] !== quote) break
          hasQuotes = true
          i++
        }
        if (i + 1 < to && bytes[i + 1] !== delimiter) return false
        if (hasQuotes) {
          const value = batch.values.push(pageText(start + 1, i).replaceAll('""', '"')) - 1
          columns.set(batch, row, key, value, Cell.VALUE)
        } else {
          columns.set(batch, row, key, start + 1, i)
        }
        i++
      } else {
        while (i < to && bytes[i] !== delimiter) i++
        const isText = key.role === Role.BODY || key.role === Role.TRACE_ID || key.role === Role.SPAN_ID
        const kind = isText ? Cell.STRING : kindOfPlain(start, i)
        if (kind === Cell.BOOLEAN) columns.set(batch, row, key, bytes[start] === 0x74 ? 1 : 0, kind)
        else if (i > start) columns.set(batch, row, key, start, i | kind)
      }
      i++
    }
    return i === to + 1
  }

  #keysOf(): Key[] {
    const { keys } = this.#columns
    if (this.#headerColumns !== keys) {
      this.#headerColumns = keys
      this.#keys = this.#names().map((name) => keys.of(name))
    }
    return this.#keys
  }

  #names(): string[] {
    const delimiter = String.fromCharCode(this.#options.delimiter)
    return this.#header.split(delimiter).map((name) =>
      name
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .replaceAll('""', '"'),
    )
  }
}
