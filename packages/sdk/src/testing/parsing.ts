import { Buffer } from 'node:buffer'
import { LogBatch } from '../batch.ts'
import type { Parser } from '../parser.ts'
import { Record } from '../record.ts'

/** Parses text line by line with `parse`, as the stage does for a parser of the simple level. */
export function parseSimply(parser: Parser, text: string | Buffer): LogBatch {
  const bytes = Buffer.from(text)
  const batch = new LogBatch({ capacity: Math.max(1, bytes.length) })
  batch.bytes = bytes
  batch.linesEnd = bytes.length
  const record = new Record(batch)
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(10, from)
    const next = newline < 0 ? bytes.length : newline + 1
    let end = newline < 0 ? bytes.length : newline
    if (end > from && bytes[end - 1] === 13) end--
    if (end > from) {
      const row = batch.addLine(from, end)
      if (!parser.parse(bytes.toString('utf8', from, end), record.at(row))) batch.fail(row)
    }
    from = next
  }
  return batch
}

/** Parses text with `parseBatch`, in the given pieces (offsets after newlines), each into a batch of `capacity` rows. */
export function parseColumnar(parser: Parser, text: string | Buffer, cuts: number[] = [], capacity = 4096): LogBatch[] {
  const bytes = Buffer.from(text)
  if (parser.parseBatch === undefined) throw new TypeError('the parser has no parseBatch')
  const batches: LogBatch[] = []
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    while (from < to) {
      const batch = new LogBatch({ capacity })
      batch.bytes = bytes
      const reached = parser.parseBatch(bytes, from, to, batch)
      if (reached <= from || reached > to) throw new Error(`parseBatch(${from}, ${to}) returned ${reached}`)
      from = reached
      if (batch.rowCount > 0) batches.push(batch)
    }
  }
  return batches
}
