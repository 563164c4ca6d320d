import { Layout, type LogBatch, Record } from '@weir/sdk'
import type { LineScanner } from './line-scanner.ts'
import { contentEnd, endOfLine } from './page-line.ts'

/** Reads the line on the page from `start` to `end` into a record that was begun over it; `false` if it is none of its kind. */
export type ReadLine = (start: number, end: number, record: Record) => boolean

/** Lines of an error log. */
export class ErrorScanner implements LineScanner {
  readonly layout = new Layout()
  readonly #read: ReadLine

  constructor(read: ReadLine) {
    this.#read = read
  }

  scan(from: number, to: number, batch: LogBatch): number {
    const record = new Record(batch)
    let start = from
    while (start < to && !batch.isFull) {
      const end = endOfLine(start)
      const lineEnd = contentEnd(start, end)
      if (lineEnd > start) {
        const row = batch.addLine(start, lineEnd)
        if (!this.#read(start, lineEnd, record.at(row))) batch.fail(row)
      }
      start = end + 1
    }
    return start
  }
}
