import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { copyRecord } from './copy-record.ts'
import { Record } from './record.ts'
import { plainRecord } from './testing/plain-record.ts'

const onLine = (line: string) => {
  const batch = new LogBatch({ capacity: 1 })
  batch.bytes = Buffer.from(line)
  return new Record(batch).at(batch.addLine(0, batch.bytes.length))
}

it('gives a record on the same line all that the other has', () => {
  const from = onLine('a line')
  from.time = 1
  from.timeRemainder = 2
  from.severityText = 'warning'
  from.severityNumber = 13
  from.traceId = '0af7651916cd43dd8448eb211c80319c'
  from.body = { nested: ['body'] }
  from.attributes.set('text', 'x').set('null', null).set('number', 0.5)
  const to = onLine('a line')
  copyRecord(from, to)
  expect(plainRecord(to)).toEqual(plainRecord(from))
})

it('leaves a body that is the line what it is there', () => {
  const to = onLine('the first line\nand another')
  copyRecord(onLine('the first line'), to)
  expect(to.body).toBe('the first line\nand another')
})
