import { type AttributeMap, type AttributeValue, LogBatch } from '@weir/sdk'
import fc from 'fast-check'

const key = fc.oneof(fc.constantFrom('http.request.method', 'a', '', 'ключ'), fc.string({ maxLength: 20 }))
const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ minLength: 100, maxLength: 300 }),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))
const attributes: fc.Arbitrary<AttributeMap> = fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true })
const id = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => /[^0]/.test(text))

const record = fc.record({
  time: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 1, max: 18_000_000_000_000 })),
  timeRemainder: fc.integer({ min: 0, max: 999_999 }),
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: fc.option(fc.constantFrom('warning', 'ERROR'), { nil: undefined }),
  body: fc.option(value, { nil: undefined }),
  traceId: fc.option(id(32), { nil: undefined }),
  spanId: fc.option(id(16), { nil: undefined }),
  flags: fc.constantFrom(0, 1, 0xffff_ffff),
  eventName: fc.option(fc.constantFrom('user.login'), { nil: undefined }),
  attributes,
})

/** Batches of all that a record can have and OTLP has a place for. */
export const anyBatch: fc.Arbitrary<LogBatch> = fc
  .record({
    resource: attributes,
    scope: fc.option(fc.record({ name: fc.constantFrom('library'), version: fc.constantFrom('1.0', undefined) }), {
      nil: undefined,
    }),
    records: fc.array(record, { maxLength: 5 }),
  })
  .map(({ resource, scope, records }) => {
    const batch = new LogBatch({
      ...{ capacity: Math.max(1, records.length), resource },
      ...(scope === undefined
        ? {}
        : { scope: { name: scope.name, ...(scope.version === undefined ? {} : { version: scope.version }) } }),
    })
    for (const given of records) {
      const made = batch.append()
      made.time = given.time
      made.timeRemainder = Number.isNaN(given.time) ? 0 : given.timeRemainder
      made.severityNumber = given.severityNumber
      if (given.severityText !== undefined) made.severityText = given.severityText
      made.body = given.body
      made.traceId = given.traceId
      made.spanId = given.spanId
      if (given.flags !== 0) made.flags = given.flags
      made.eventName = given.eventName
      for (const [name, one] of Object.entries(given.attributes)) made.attributes.set(name, one)
    }
    return batch
  })
