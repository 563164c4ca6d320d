import { Cell, Layout, type LogBatch } from '@weir/sdk'
import { newline, space } from './byte.ts'
import type { LineScanner } from './line-scanner.ts'
import { page } from './page.ts'
import { contentEnd, endOfLine } from './page-line.ts'
import type { PageTime } from './page-time.ts'

const bytes = page
const cellsOfRow = 8

const lineLayout = () => Layout.of('log.iostream', 'logtag')

/** Lines of the Container Runtime Interface: `2026-11-24T13:55:36.123456789Z stdout F message`. */
export class CriScanner implements LineScanner {
  readonly #time: PageTime
  #layout = lineLayout()

  constructor(time: PageTime) {
    this.#time = time
  }

  /** The layout of the next batch: a new one when messages have brought too many columns. */
  get layout(): Layout {
    if (this.#layout.isCrowded) this.#layout = lineLayout()
    return this.#layout
  }

  scan(from: number, to: number, batch: LogBatch): number {
    let start = from
    while (start < to && batch.rowCount < batch.capacity) {
      const end = this.#readLine(start, to, batch)
      start = end + 1
    }
    return start
  }

  #readLine(start: number, to: number, batch: LogBatch): number {
    const time = this.#time
    const row = batch.rowCount
    const hasTime = time.iso(batch.time, row, start, to)
    const { end: timeEnd, remainder } = time
    const stream = timeEnd + 1
    // "out" or "err" after "std".
    const isStream =
      bytes[stream] === 0x73 && bytes[stream + 1] === 0x74 && bytes[stream + 2] === 0x64 && bytes[stream + 6] === space
    let body = stream + 7
    const tag = body
    if (isStream) while ((bytes[body] ?? 0) > space) body++
    const tagEnd = body
    const isMine = isStream && bytes[timeEnd] === space && tagEnd > tag && hasTime
    if (isMine && bytes[body] === space) body++
    const end = endOfLine(isMine ? body : start)
    const lineEnd = contentEnd(start, end)
    if (lineEnd === start) return end
    if (!isMine || (bytes[tagEnd] !== space && bytes[tagEnd] !== newline && tagEnd < lineEnd)) {
      batch.fail(batch.addLine(start, lineEnd))
      return end
    }
    batch.rowCount++
    const at = row * batch.stride * 2
    const { cells } = batch
    cells[at] = start
    cells[at + 1] = lineEnd
    cells[at + 2] = Math.min(body, lineEnd)
    cells[at + 3] = lineEnd
    cells[at + 4] = stream
    cells[at + 5] = stream + 6
    cells[at + 6] = tag
    cells[at + 7] = tagEnd
    for (let cell = at + cellsOfRow + 1; cell < at + batch.stride * 2; cell += 2) cells[cell] = Cell.ABSENT
    batch.severityNumber[row] = 0
    if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
    return end
  }
}
