import { type Alert, appendAlert, asAlert, LogBatch } from '@weir/sdk'
import { batchOf } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEntry, encodeEntry, isIntact, readHead, sealEntry } from './entry.ts'

const alert: Alert = {
  id: 'a1',
  fingerprint: 'f1',
  rule: 'rate/5xx',
  state: 'firing',
  severity: 'critical',
  title: 'error rate 14 % (usually 0.4 %)',
  time: 1_780_000_000_000,
  group: { 'url.path': '/wp-login', __proto__: null } as never,
  startedAt: 1_780_000_000_000,
  count: 2,
  samples: ['one', 'two'],
}

describe('an entry of the queue', () => {
  it('gives back the batch that was written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.option(fc.double())), { maxLength: 20 }),
        (rows) => {
          const batch = new LogBatch({
            capacity: 20,
            resource: { 'host.name': 'a' },
            attributes: { file: 'x' },
            source: 's',
          })
          for (const [body, value, time] of rows) {
            const record = batch.append()
            record.body = body
            record.attributes.set('value', value as never)
            if (time !== null) record.time = time
            if (time !== null) record.severityNumber = 9
          }
          const written = encodeEntry(batch, 1234.5)
          const entry = written.bytes
          sealEntry(entry, 7)
          expect(isIntact(entry)).toBe(true)
          expect(readHead(entry)).toEqual({ length: entry.length, records: rows.length, time: 1234.5, segment: 7 })
          const seen = (from: LogBatch) =>
            Array.from(from, ({ body, time, severityNumber, attributes }) =>
              JSON.stringify([body, Object.is(time, -0) ? 0 : time, severityNumber, attributes.get('value') ?? null]),
            )
          // As it is read from the disk, and as it is handed on from memory.
          for (const read of [decodeEntry(entry), written.batch()]) {
            expect(seen(read)).toEqual(seen(batch))
            expect(read.byteLength).toBe(batch.byteLength)
            expect([read.resource, read.attributes, read.source, read.signal]).toEqual([
              { 'host.name': 'a' },
              { file: 'x' },
              's',
              'logs',
            ])
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('keeps alerts, and the times finer than a millisecond', () => {
    const batch = new LogBatch({ capacity: 4, signal: 'alerts' })
    const row = appendAlert(batch, alert)
    batch.remainders()[0] = 456
    expect(asAlert(row)).toBeDefined()
    const read = decodeEntry(encodeEntry(batch, 0).bytes)
    expect(read.signal).toBe('alerts')
    expect(read.timeRemainder?.[0]).toBe(456)
    expect(Array.from(read, asAlert)).toEqual(Array.from(batch, asAlert))
  })

  it('holds the selected records alone', () => {
    const batch = batchOf(['one', 'two', 'three']).filter(({ body }) => body !== 'two')
    const entry = encodeEntry(batch, 0).bytes
    sealEntry(entry, 1)
    expect(readHead(entry)?.records).toBe(2)
    expect(Array.from(decodeEntry(entry), ({ body }) => body)).toEqual(['one', 'three'])
  })

  it('is known to be damaged whatever bit has changed, and wherever it was cut off', () => {
    const entry = encodeEntry(batchOf(['one', 'two']), 0).bytes
    sealEntry(entry, 1)
    expect(isIntact(entry)).toBe(true)
    for (let bit = 0; bit < entry.length * 8; bit++) {
      entry[bit >> 3] = (entry[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(isIntact(entry)).toBe(false)
      entry[bit >> 3] = (entry[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
    for (let length = 0; length < entry.length; length++) expect(isIntact(entry.subarray(0, length))).toBe(false)
  })
})
