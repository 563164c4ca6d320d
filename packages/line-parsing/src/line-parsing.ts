import { type Buffer, isAscii } from 'node:buffer'
import { type CompiledPattern, type LogBatch, type Parser, Record } from '@weir/sdk'
import { contentEnd, endOfLine } from './line-bounds.ts'
import { joinRows } from './record-joiner.ts'

/** Where one record ends and the next begins, by the operator's patterns. */
export interface RecordSplitter {
  readonly start?: CompiledPattern | undefined
  readonly end?: CompiledPattern | undefined
}

/**
 * Fills the batch from the lines in `bytes[from…to)` until it is full.
 * @returns the offset after the last record that was taken; with a splitter, the beginning of a record that may go on
 */
export function parseLines(
  parser: Parser,
  bytes: Buffer,
  from: number,
  to: number,
  batch: LogBatch,
  splitter: RecordSplitter | undefined,
  isFinal: boolean,
): number {
  if (splitter !== undefined) return parseRecords(parser, bytes, from, to, batch, splitter, isFinal)
  if (parser.parseBatch !== undefined) {
    const reached = parser.parseBatch(bytes, from, to, batch, isFinal)
    if (reached < from || reached > to || (reached === from && (isFinal || batch.rowCount > 0)))
      throw new RangeError(`parseBatch(${from}, ${to}) returned ${reached}`)
    return reached
  }
  batch.linesEnd = to
  if (isAscii(bytes.subarray(from, to))) return parseAscii(parser, bytes, from, to, batch)
  const record = new Record(batch)
  let at = from
  while (at < to && !batch.isFull) {
    const next = endOfLine(bytes, at, to)
    const end = contentEnd(bytes, at, next)
    if (end > at) parseOne(parser, bytes, at, end, batch, record)
    at = next
  }
  return at
}

/**
 * Lines of ASCII, which become strings together and are cut apart then: a call for each line would cost as much as the
 * parser. They share their memory, so a string that someone keeps keeps a text of this size.
 */
const textBytes = 8192
const newline = 10
const carriageReturn = 13

function parseAscii(parser: Parser, bytes: Buffer, from: number, to: number, batch: LogBatch): number {
  const record = new Record(batch)
  let at = from
  while (at < to && !batch.isFull) {
    const end = at + textBytes < to ? bytes.lastIndexOf(newline, at + textBytes - 1) + 1 : to
    const textEnd = end > at ? end : endOfLine(bytes, at, to)
    const text = bytes.toString('latin1', at, textEnd)
    let lineAt = 0
    while (lineAt < text.length && !batch.isFull) {
      const newlineAt = text.indexOf('\n', lineAt)
      const next = newlineAt < 0 ? text.length : newlineAt + 1
      let lineEnd = newlineAt < 0 ? text.length : newlineAt
      if (lineEnd > lineAt && text.charCodeAt(lineEnd - 1) === carriageReturn) lineEnd--
      if (lineEnd > lineAt) {
        const row = batch.addLine(at + lineAt, at + lineEnd)
        if (!parser.parse(text.slice(lineAt, lineEnd), record.at(row))) batch.fail(row)
      }
      lineAt = next
    }
    at += lineAt
  }
  return at
}

function parseOne(parser: Parser, bytes: Buffer, start: number, end: number, batch: LogBatch, record: Record): boolean {
  const row = batch.addLine(start, end)
  const isMine = parser.parse(bytes.toString('utf8', start, end), record.at(row))
  if (!isMine) batch.fail(row)
  return isMine
}

/** Records of several lines. The parser sees the whole record, and if that is not its own, the first line of it. */
function parseRecords(
  parser: Parser,
  bytes: Buffer,
  from: number,
  to: number,
  batch: LogBatch,
  splitter: RecordSplitter,
  isFinal: boolean,
): number {
  const record = new Record(batch)
  let start = from
  let at = from
  while (at < to && !batch.isFull) {
    const next = endOfLine(bytes, at, to)
    const line = bytes.toString('utf8', at, contentEnd(bytes, at, next))
    if (splitter.start?.test(line) && at > start) {
      addRecord(parser, bytes, start, at, batch, record)
      start = at
      continue
    }
    at = next
    if (splitter.end?.test(line)) {
      addRecord(parser, bytes, start, at, batch, record)
      start = at
    }
  }
  if (!isFinal || at < to || batch.isFull) return start
  addRecord(parser, bytes, start, to, batch, record)
  return to
}

function addRecord(parser: Parser, bytes: Buffer, start: number, next: number, batch: LogBatch, record: Record): void {
  let end = contentEnd(bytes, start, next)
  for (let shorter = contentEnd(bytes, start, end); shorter < end; shorter = contentEnd(bytes, start, end))
    end = shorter
  if (end <= start) return
  if (parseOne(parser, bytes, start, end, batch, record)) return
  const row = batch.rowCount - 1
  const firstEnd = contentEnd(bytes, start, endOfLine(bytes, start, end))
  if (firstEnd >= end) return
  // The row is used again for the first line; the rest joins it by way of a row that is taken back.
  batch.rowCount--
  batch.failures.pop()
  parseOne(parser, bytes, start, firstEnd, batch, record)
  joinRows(batch, row, batch.addLine(firstEnd, end))
  batch.rowCount--
}
