import { Buffer } from 'node:buffer'
import { type AttributeMap, type AttributeValue, attributeMap, LogBatch, NdjsonEncoder } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordDecoder } from './record-decoder.ts'

const encoded = (batches: readonly LogBatch[]): Buffer =>
  Buffer.concat(
    batches.flatMap((batch) => Array.from(new NdjsonEncoder().encode(batch), (piece) => Buffer.from(piece))),
  )

/** Everything that the records say; attributes have no order. */
const seen = (batches: readonly LogBatch[]) =>
  batches.flatMap((batch) =>
    plainRecords(batch).map(({ attributes, ...rest }) => {
      const sorted = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))
      return { ...rest, attributes: sorted, resource: Object.entries(batch.resource), scope: batch.scope }
    }),
  )

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\n', '\t', '\0', 'é', '東', '😀', '\u2028', '}', ',"', '\ud800'),
  }),
)
/** Node 24's JSON.parse now and then reads a key that is one escaped character as a backslash. */
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', 'url.path', 'attributes', ''))
  .filter((key) => key.length !== 1 || JSON.stringify(key).length === 3)
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.constantFrom(2 ** 31, -(2 ** 31), 123456789, -12345678, 1e21, 1e-7),
)
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value
const row = fc.record({
  time: fc.oneof(
    fc.constant(Number.NaN),
    fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 0, 3) }),
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
  ),
  timeRemainder: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999 })),
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: fc.option(fc.oneof(text, fc.constantFrom('ERROR', 'INFO', '')), { nil: undefined }),
  body: fc.option(value, { nil: undefined }),
  traceId: fc.option(fc.constantFrom('5b8efff798038103d269b633813fc60c', ''), { nil: undefined }),
  spanId: fc.option(text, { nil: undefined }),
  flags: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
  eventName: fc.option(text, { nil: undefined }),
  attributes: fc.dictionary(name, value, { maxKeys: 6 }),
})
const batch = fc
  .record({
    rows: fc.array(row, { maxLength: 6 }),
    resource: fc.constantFrom<AttributeMap>(
      {},
      { 'service.name': 'shop' },
      { 'service.name': 'shop', nested: { a: ['b'] } },
    ),
    scope: fc.constantFrom(undefined, { name: 'app' }, { name: 'app', version: '1' }),
  })
  .map(({ rows, resource, scope }) => {
    const made = new LogBatch({
      capacity: Math.max(1, rows.length),
      resource: attributeMap(Object.entries(resource)),
      attributes: attributeMap([['log.file.path', '/var/log/a']]),
      ...(scope === undefined ? {} : { scope }),
    })
    for (const { attributes, ...fields } of rows) {
      const record = made.append()
      const { time, timeRemainder, severityNumber, severityText, body, traceId, spanId, flags, eventName } = fields
      record.severityNumber = severityNumber
      record.time = time
      if (!Number.isNaN(time)) record.timeRemainder = timeRemainder
      if (severityText !== undefined) record.severityText = severityText
      record.body = body
      if (traceId !== undefined) record.traceId = traceId
      if (spanId !== undefined) record.spanId = spanId
      if (flags !== undefined) record.flags = flags
      if (eventName !== undefined) record.eventName = eventName
      for (const [key, one] of Object.entries(attributes)) record.attributes.set(key, one)
    }
    return made
  })

describe('the decoder of records', () => {
  it('gives back every record as it was, with its resource and scope, in order', () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 4 }), (batches) => {
        const decoded = new RecordDecoder().decode(encoded(batches))
        expect(JSON.stringify(seen(decoded))).toBe(JSON.stringify(seen(batches)))
        expect(decoded.map(({ attributes }) => attributes)).toEqual(decoded.map(() => ({})))
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same for JSON of the same meaning with spaces and in another order', () => {
    const decoder = new RecordDecoder()
    fc.assert(
      fc.property(batch, (one) => {
        const lines = encoded([one]).toString().split('\n').slice(0, -1)
        const reordered = lines.map((line) => {
          const entries: [string, unknown][] = Object.entries(JSON.parse(line))
          return JSON.stringify(Object.fromEntries(entries.reverse()), null, 1).replaceAll('\n', ' ')
        })
        expect(seen(decoder.decode(Buffer.from(reordered.join('\n'))))).toEqual(
          seen(decoder.decode(Buffer.from(lines.join('\n')))),
        )
      }),
    )
  })

  it('never throws anything but that a line is no record, and then for every reading of it', () => {
    const decoder = new RecordDecoder()
    const line =
      '{"time":"2026-11-24T14:13:19.123Z","severityNumber":9,"severityText":"INFO","body":"b","attributes":{"a":1}}'
    fc.assert(
      fc.property(fc.nat(line.length), fc.nat(6), fc.string({ unit: 'binary', maxLength: 4 }), (at, cut, put) => {
        const broken = line.slice(0, at) + put + line.slice(at + cut)
        try {
          const batches = decoder.decode(Buffer.from(broken))
          const again = batches.flatMap((one) => Array.from(new NdjsonEncoder().encode(one), String)).join('')
          for (const one of again.split('\n').filter(Boolean)) JSON.parse(one)
        } catch (error) {
          expect(error).toMatchObject({ code: 'WEIR_MESSAGE_RECORD' })
        }
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['{"body":"a"', 'cut'],
    ['[]', 'an array'],
    ['"text"', 'a text'],
    ['{"message":"a"}', 'a member that records do not have'],
    ['{"time":"yesterday"}', 'no time'],
    ['{"time":"2026-02-24T25:00:00.000Z"}', 'a time that no clock shows'],
    ['{"severityNumber":99}', 'no severity'],
    ['{"body":"\\x"}', 'an escape that JSON does not have'],
    ['{"attributes":{"a":01}}', 'a number that JSON does not have'],
    ['{"attributes":{"a":[1,]}}', 'an array that is none'],
    ['{"body":"a"}{"body":"b"}', 'two records'],
  ])('refuses %s: %s', (line) => {
    expect(() => new RecordDecoder().decode(Buffer.from(`{"body":"before"}\n${line}\n`))).toThrow(
      expect.objectContaining({ code: 'WEIR_MESSAGE_RECORD' }),
    )
  })

  it('reads bytes that are no UTF-8 with U+FFFD in their place', () => {
    const [decoded] = new RecordDecoder().decode(Buffer.from('{"body":"a\xff"}', 'latin1'))
    expect(decoded?.body(0)).toBe('a\ufffd')
  })

  it('begins a new layout where random names would make one grow without bound', () => {
    const decoder = new RecordDecoder()
    for (let turn = 0; turn < 5; turn++) {
      const lines = Array.from({ length: 300 }, (_, index) => `{"attributes":{"key.${turn}.${index}":1}}\n`)
      const batches = decoder.decode(Buffer.from(lines.join('')))
      expect(batches.flatMap(plainRecords)).toHaveLength(300)
      for (const { layout } of batches) expect(layout.size).toBeLessThan(300)
    }
  })
})
