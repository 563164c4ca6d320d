import { Buffer } from 'node:buffer'
import { LogBatch, Record } from '@weir/sdk'
import { batchOf, plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from './concat.ts'

const value = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))
const input = fc.record({
  time: fc.integer({ min: 0, max: 2e12 }),
  severityNumber: fc.integer({ min: 0, max: 24 }),
  body: value,
  attributes: fc.dictionary(fc.constantFrom('a', 'b', 'c.d', '__proto__'), value),
})

/** A batch of lines over bytes, with an attribute that all of them share. */
function linesBatch(lines: readonly string[], source: string): LogBatch {
  const batch = new LogBatch({ capacity: Math.max(1, lines.length), attributes: { 'log.file.name': source } })
  batch.bytes = Buffer.from(lines.join('\n'))
  const record = new Record(batch)
  let at = 0
  for (const line of lines) {
    const end = at + Buffer.byteLength(line)
    record.at(batch.addLine(at, end)).attributes.set('bytes', end - at)
    at = end + 1
  }
  return batch
}

describe('batches joined', () => {
  it('have the records of all, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(input, { maxLength: 4 }), { minLength: 1, maxLength: 4 }), (groups) => {
        const batches = groups.map(batchOf)
        expect(plainRecords(concat(batches))).toEqual(batches.flatMap((batch) => plainRecords(batch)))
      }),
    )
  })

  it('keep the lines of each, and the attributes that a batch has as a whole', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }), { maxLength: 4 }), (groups) => {
        const batches = groups.map((lines, index) =>
          linesBatch(
            lines.map((line) => line.replaceAll('\n', ' ')),
            `${index}.log`,
          ),
        )
        expect(plainRecords(concat(batches))).toEqual(batches.flatMap((batch) => plainRecords(batch)))
      }),
    )
  })

  it('leave out what was not selected', () => {
    const [one, other] = [batchOf(['a', 'b', 'c']), batchOf(['d', 'e'])]
    const joined = concat([one.select(Uint32Array.of(0, 2)), other.filter(({ body }) => body === 'e')])
    expect(plainRecords(joined).map(({ body }) => body)).toEqual(['a', 'c', 'e'])
  })
})
