import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { packBatch, transferList, unpackBatch } from './packed-batch.ts'
import { Record } from './record.ts'
import { batchOf, plainRecords } from './testing/index.ts'

const across = (batch: LogBatch) => {
  const packed = packBatch(batch)
  return unpackBatch(structuredClone(packed, { transfer: transferList(packed) }))
}

describe('a batch that crosses to another thread', () => {
  it('has the same records there', () => {
    const batch = batchOf([
      'text',
      {
        time: 1.5,
        severityNumber: 17,
        body: { nested: [1, 'two'] },
        attributes: { 'a.b': true, n: null, big: 2 ** 40 },
      },
      {},
    ])
    const record = new Record(batch).at(0)
    record.traceId = '0af7651916cd43dd8448eb211c80319c'
    record.timeRemainder = 42
    expect(plainRecords(across(batch))).toEqual(plainRecords(batch))
  })

  it('takes along only the bytes that its records use', () => {
    const batch = new LogBatch({ capacity: 2, source: 'a.log', attributes: { host: 'h' } })
    batch.bytes = Buffer.from(`${'x'.repeat(5000)}one\ntwo\n${'y'.repeat(5000)}`)
    batch.addLine(5000, 5003)
    batch.addLine(5004, 5007)
    batch.fail(1)
    const other = across(batch)
    expect(other.bytes.length).toBe(7)
    expect(plainRecords(other).map(({ body }) => body)).toEqual(['one', 'two'])
    expect([other.source, other.failures, { ...other.attributes }]).toEqual(['a.log', [1], { host: 'h' }])
  })

  it.each([[[1, 2]], [[0, 2]], [[]]])('takes along the selected rows alone: %s', (rows) => {
    const batch = batchOf([
      { body: { a: 'one' }, time: 1 },
      { body: 'two', severityNumber: 9, attributes: { list: ['x'] } },
      { body: { a: 'three' }, time: 3, attributes: { list: ['y'] } },
    ])
    new Record(batch).at(2).timeRemainder = 7
    batch.failures = [1]
    const selected = batch.select(Uint32Array.from(rows))
    const other = across(selected)
    expect(plainRecords(other)).toEqual(plainRecords(selected))
    expect(other.rowCount).toBe(rows.length)
    expect(other.failures).toEqual(rows.flatMap((row, index) => (row === 1 ? [index] : [])))
  })

  it('shares its layout with others of the same columns', () => {
    const batch = batchOf([{ attributes: { a: 1 } }])
    expect(across(batch).layout).toBe(across(batch).layout)
  })
})
