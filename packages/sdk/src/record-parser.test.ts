import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { bodySlot } from './layout.ts'
import type { Parser } from './parser.ts'
import { Record } from './record.ts'
import { RecordParser } from './record-parser.ts'
import { plainRecords } from './testing/index.ts'

/** `KEY:MESSAGE`, where the key `now` tells a time and `bad` a severity. */
const simple: Parser = {
  parse(line, record) {
    const [key = '', ...message] = line.split(':')
    if (message.length === 0) return false
    record.attributes.set('key', key)
    if (key === 'now') record.time = 7
    if (key === 'bad') record.severityNumber = 17
    if (message[0] !== '') record.body = message.join(':')
    return true
  },
}
/** The same, a line at a time over bytes. */
const columnar: Parser = {
  ...simple,
  parseBatch(bytes, from, to, batch) {
    for (let at = from; at < to; ) {
      const newline = bytes.indexOf(10, at)
      const end = newline < 0 || newline > to ? to : newline
      const row = batch.addLine(at, end)
      if (!simple.parse(bytes.toString('utf8', at, end), new Record(batch).at(row))) batch.fail(row)
      at = end + 1
    }
    return to
  },
}

it.each([
  ['simple', simple],
  ['columnar', columnar],
])('puts what a %s parser finds in a text on the record, and keeps what it does not tell', (_, parser) => {
  const texts = ['a:one', 'now:two', 'bad:three', 'nothing', 'b:', 'c:x\ny', '']
  const bytes = Buffer.from(texts.join('|'))
  const batch = new LogBatch({ capacity: texts.length })
  batch.bytes = bytes
  let at = 0
  const taken: boolean[] = []
  const records = new RecordParser(parser)
  for (const text of texts) {
    const record = new Record(batch).at(batch.addLine(at, at + text.length))
    record.time = 1
    record.severityNumber = 9
    record.attributes.set('own', true)
    taken.push(records.parseCell(record, bodySlot))
    at += text.length + 1
  }
  expect(taken).toEqual([true, true, true, false, true, true, false])
  expect(
    plainRecords(batch).map(({ time, severityNumber, body, attributes }) => [
      time,
      severityNumber,
      body,
      attributes.key,
    ]),
  ).toEqual([
    [1, 9, 'one', 'a'],
    [7, 9, 'two', 'now'],
    [1, 17, 'three', 'bad'],
    [1, 9, 'nothing', undefined],
    [1, 9, 'b:', 'b'],
    [1, 9, 'x\ny', 'c'],
    [1, 9, '', undefined],
  ])
})
