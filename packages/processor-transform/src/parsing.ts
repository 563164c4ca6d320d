import { Buffer } from 'node:buffer'
import { fieldReader, fieldSlot, fieldWriter, LogBatch, type Parser, Record, RecordParser } from '@weir/sdk'
import type { Action } from './action.ts'

/**
 * Parses the text of a field onto the record, as if its receiver had parsed it. A text that is not of the format leaves
 * the record as it is.
 * @param onFailure told of such a text
 */
export function parsing(parser: Parser, path: string, onFailure: () => void): Action {
  const texts = new RecordParser(parser)
  const read = fieldReader(path)
  const slotOf = fieldSlot(path)
  return (record) => {
    const slot = slotOf(record.batch.layout)
    if (record.batch.hasValue(record.row, slot)) {
      if (!texts.parseCell(record, slot)) onFailure()
      return
    }
    const text = read(record)
    if (typeof text === 'string' && !texts.parseText(record, text)) onFailure()
  }
}

/** The same, where what is found goes to a field of its own, as a map of attributes. */
export function parsingTo(parser: Parser, path: string, to: string, onFailure: () => void): Action {
  const [read, write] = [fieldReader(path), fieldWriter(to)]
  const batch = new LogBatch({ capacity: 1 })
  const found = new Record(batch)
  return (record) => {
    const text = read(record)
    if (typeof text !== 'string') return
    batch.reset()
    batch.bytes = Buffer.from(text)
    batch.addLine(0, batch.bytes.length)
    if (parser.parse(text, found.at(0))) write(record, found.attributes.toMap())
    else onFailure()
  }
}
