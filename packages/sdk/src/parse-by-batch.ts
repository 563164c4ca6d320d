import { Buffer } from 'node:buffer'
import { LogBatch } from './batch.ts'
import { copyRecord } from './copy-record.ts'
import type { Parser } from './parser.ts'
import { Record } from './record.ts'

/**
 * The simple level of a parser that is written on the columnar level: `parse` puts the line through `parseBatch` and
 * copies what comes out into the record. Of a record of several lines the first is parsed; the others go on its body.
 *
 * @example const parseBatch = …; return { parseBatch, parse: parseByBatch(parseBatch) }
 */
export function parseByBatch(parseBatch: NonNullable<Parser['parseBatch']>): Parser['parse'] {
  const batch = new LogBatch({ capacity: 1 })
  let bytes = Buffer.alloc(1024)
  return (text, record) => {
    const newline = text.indexOf('\n')
    const line = newline < 0 ? text : text.slice(0, newline)
    if (line.length * 3 + 2 > bytes.length) bytes = Buffer.alloc(line.length * 4 + 2)
    // Both, so that a carriage return that belongs to the line stays with it.
    const length = bytes.write(line) + 1
    bytes[length - 1] = 13
    bytes[length] = 10
    batch.reset()
    batch.bytes = bytes
    parseBatch(bytes, 0, length + 1, batch)
    if (batch.rowCount !== 1 || batch.failures.length > 0) return false
    const parsed = new Record(batch)
    copyRecord(parsed, record)
    // The further lines belong to the body, whatever the parser has made of the first.
    if (newline >= 0 && typeof parsed.body === 'string' && parsed.body !== parsed.line)
      record.body = parsed.body + text.slice(newline)
    return true
  }
}
