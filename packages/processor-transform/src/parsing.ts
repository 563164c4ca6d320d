import { Buffer } from 'node:buffer'
import { copyRecord, fieldReader, fieldWriter, LogBatch, type Parser, Record } from '@weir/sdk'
import type { Action } from './action.ts'

/**
 * Parses the text of a field. What is found goes to the field `to` as a map of attributes, or else on the record, as if
 * its receiver had parsed it. A text that is not of the format leaves the record as it is.
 * @param onFailure told of such a text
 */
export function parsing(parser: Parser, path: string, to: string | undefined, onFailure: () => void): Action {
  const read = fieldReader(path)
  const write = to === undefined ? undefined : fieldWriter(to)
  const batch = new LogBatch({ capacity: 1 })
  const parsed = new Record(batch)
  return (record) => {
    const text = read(record)
    if (typeof text !== 'string') return
    batch.reset()
    batch.bytes = Buffer.from(text)
    batch.addLine(0, batch.bytes.length)
    if (!parser.parse(text, parsed.at(0))) return onFailure()
    if (write !== undefined) return write(record, parsed.attributes.toMap())
    const { time, timeRemainder, severityNumber } = record
    copyRecord(parsed, record)
    // What the text does not tell is known from elsewhere.
    if (Number.isNaN(parsed.time)) {
      record.time = time
      record.timeRemainder = timeRemainder
    }
    if (parsed.severityNumber === 0) record.severityNumber = severityNumber
  }
}
