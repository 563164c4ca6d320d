import { Buffer } from 'node:buffer'
import type { AttributeMap, AttributeValue } from '@weir/sdk'
import type { PlainRecord } from '@weir/sdk/testing'
import fc from 'fast-check'

/** Something as the message that is sent, and as what Weir is to make of it. */
interface Sent<Expected> {
  readonly message: object
  readonly expected: Expected
}

const key = fc.oneof(fc.constantFrom('http.request.method', 'url.path', 'a', '', 'ключ'), fc.string({ maxLength: 20 }))
const sent = <Expected>(message: object, expected: Expected): Sent<Expected> => ({ message, expected })

const scalar: fc.Arbitrary<Sent<AttributeValue>> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => sent({ stringValue: text }, text)),
  fc.string({ minLength: 120, maxLength: 300 }).map((text) => sent({ stringValue: text }, text)),
  fc.boolean().map((is) => sent({ boolValue: is }, is)),
  fc.maxSafeInteger().map((number) => sent({ intValue: String(number) }, number)),
  fc.integer({ min: -100, max: 100 }).map((number) => sent({ intValue: String(number) }, number)),
  fc.double({ noNaN: true }).map((number) => sent({ doubleValue: number }, number)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => {
    const text = Buffer.from(bytes).toString('base64')
    return sent({ bytesValue: text }, text)
  }),
  fc.constant(sent<AttributeValue>({}, null)),
)

const pairsOf = (pairs: readonly (readonly [string, Sent<AttributeValue>])[]) => ({
  message: pairs.map(([name, { message }]) => ({ key: name, value: message })),
  expected: Object.fromEntries(pairs.map(([name, { expected }]) => [name, expected])),
})

const { value } = fc.letrec<{ value: Sent<AttributeValue> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }).map((items) =>
      sent(
        { arrayValue: { values: items.map(({ message }) => message) } },
        items.map(({ expected }) => expected),
      ),
    ),
    uniquePairs(tie('value')).map((pairs) => {
      const { message, expected } = pairsOf(pairs)
      return sent({ kvlistValue: { values: message } }, expected)
    }),
  ),
}))

function uniquePairs(of: fc.Arbitrary<Sent<AttributeValue>>) {
  return fc.uniqueArray(fc.tuple(key, of), { selector: ([name]) => name, maxLength: 5 })
}

const pairs = uniquePairs(value).map(pairsOf)
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).filter((bytes) => bytes.some((byte) => byte !== 0))

/** A severity is named by its number unless it has a text. */
const severityName = (number: number): string => {
  const name = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][Math.floor((number - 1) / 4)] ?? ''
  return number % 4 === 1 ? name : `${name}${((number - 1) % 4) + 1}`
}

const record: fc.Arbitrary<Sent<PlainRecord>> = fc
  .record({
    time: fc.bigInt({ min: 1n, max: 4_000_000_000_000_000_000n }),
    severity: fc.integer({ min: 0, max: 24 }),
    severityText: fc.constantFrom('', 'warning', 'INFO'),
    eventName: fc.constantFrom('', 'user.login'),
    body: fc.option(value, { nil: undefined }),
    attributes: pairs,
    traceId: fc.option(hex(16), { nil: undefined }),
    spanId: fc.option(hex(8), { nil: undefined }),
    flags: fc.constantFrom(0, 1, 0xffff_ffff),
  })
  .map(({ time, severity, severityText, eventName, body, attributes, traceId, spanId, flags }) => {
    const remainder = Number(time % 1_000_000n)
    const name = severityText === '' ? (severity === 0 ? '' : severityName(severity)) : severityText
    return {
      message: {
        timeUnixNano: String(time),
        severityNumber: severity,
        severityText,
        eventName,
        ...(body === undefined ? {} : { body: body.message }),
        attributes: attributes.message,
        ...(traceId === undefined ? {} : { traceId: Buffer.from(traceId) }),
        ...(spanId === undefined ? {} : { spanId: Buffer.from(spanId) }),
        flags,
      },
      expected: {
        time: Number(time / 1_000_000n),
        ...(remainder === 0 ? {} : { timeRemainder: remainder }),
        ...(severity === 0 ? {} : { severityNumber: severity }),
        ...(name === '' ? {} : { severityText: name }),
        ...(body === undefined ? {} : { body: body.expected }),
        ...(traceId === undefined ? {} : { traceId: Buffer.from(traceId).toString('hex') }),
        ...(spanId === undefined ? {} : { spanId: Buffer.from(spanId).toString('hex') }),
        ...(eventName === '' ? {} : { eventName }),
        attributes: attributes.expected,
      },
    }
  })

interface ExpectedBatch {
  readonly resource: AttributeMap
  readonly scope: object | undefined
  readonly records: readonly PlainRecord[]
}

const scopeLogs = fc
  .record({
    name: fc.constantFrom('', 'library'),
    version: fc.constantFrom('', '1.0'),
    attributes: pairs,
    records: fc.array(record, { maxLength: 4 }),
  })
  .map(({ name, version, attributes, records }) => ({
    message: {
      scope: { name, version, attributes: attributes.message },
      logRecords: records.map(({ message }) => message),
      schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
    },
    scope:
      name === '' && version === '' && attributes.message.length === 0
        ? undefined
        : {
            name,
            ...(version === '' ? {} : { version }),
            ...(attributes.message.length === 0 ? {} : { attributes: attributes.expected }),
          },
    records: records.map(({ expected }) => expected),
  }))

const resourceLogs = fc
  .record({ attributes: pairs, scopes: fc.array(scopeLogs, { maxLength: 3 }) })
  .map(({ attributes, scopes }) => ({
    message: { resource: { attributes: attributes.message }, scopeLogs: scopes.map(({ message }) => message) },
    expected: scopes
      .filter(({ records }) => records.length > 0)
      .map(({ scope, records }): ExpectedBatch => ({ resource: attributes.expected, scope, records })),
  }))

/** Requests, and the batches that they are to become. */
export const anyRequest: fc.Arbitrary<Sent<readonly ExpectedBatch[]>> = fc
  .array(resourceLogs, { maxLength: 3 })
  .map((all) => ({
    message: { resourceLogs: all.map(({ message }) => message) },
    expected: all.flatMap(({ expected }) => expected),
  }))
