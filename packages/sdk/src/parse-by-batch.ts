import { Buffer } from 'node:buffer'
import { LogBatch } from './batch.ts'
import { type FieldName, lineSlot } from './layout.ts'
import type { Parser } from './parser.ts'
import type { Record } from './record.ts'

const fields: readonly FieldName[] = ['severityText', 'traceId', 'spanId', 'flags', 'eventName']

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
    copyRecord(batch, record, newline < 0 ? '' : text.slice(newline))
    return true
  }
}

function copyRecord(batch: LogBatch, record: Record, furtherLines: string): void {
  record.time = batch.time[0] ?? Number.NaN
  record.timeRemainder = batch.timeRemainder?.[0] ?? 0
  record.severityNumber = batch.severityNumber[0] ?? 0
  const body = batch.body(0)
  if (body !== batch.value(0, lineSlot)) record.body = typeof body === 'string' ? body + furtherLines : body
  for (const name of fields) {
    const value = batch.value(0, batch.layout.field(name))
    if (value !== undefined) record.batch.setValue(record.row, record.batch.layout.addField(name), value)
  }
  for (const { name, slot } of batch.layout.attributes) {
    const value = batch.value(0, slot)
    if (value !== undefined) record.attributes.set(name, value)
  }
}
