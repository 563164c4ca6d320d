import { Buffer } from 'node:buffer'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Programs } from './attribute-keys.ts'
import { JsonRequest } from './json-request.ts'
import { MalformedError } from './malformed.ts'

function decode(json: unknown) {
  const bytes = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  const request = new JsonRequest(bytes, { componentId: 'otlp', time: 1000, programs: new Programs() })
  const batches = [...request.batches()]
  return { batches, records: batches.flatMap(plainRecords), rejected: request.rejected }
}

const request = (...logRecords: unknown[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })

it('reads everything that a record has', () => {
  const { batches, records } = decode({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [
          {
            scope: { name: 'cart', version: '1', attributes: [{ key: 'a', value: { boolValue: false } }] },
            logRecords: [
              {
                timeUnixNano: '1764000000123456789',
                observedTimeUnixNano: 1764000000200000000,
                severityNumber: 17,
                severityText: 'Error',
                eventName: 'order.failed',
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'eee19b7ec3c1b174',
                flags: 1,
                body: {
                  kvlistValue: { values: [{ key: 'list', value: { arrayValue: { values: [{}, { intValue: 3 }] } } }] },
                },
                attributes: [
                  { key: 'int', value: { intValue: '-42' } },
                  { key: 'large', value: { intValue: '9223372036854775807' } },
                  { key: 'double', value: { doubleValue: 0.5 } },
                  { key: 'nan', value: { doubleValue: 'NaN' } },
                  { key: 'bytes', value: { bytesValue: 'AP8B' } },
                  { key: '__proto__', value: { stringValue: 'data' } },
                ],
              },
            ],
          },
        ],
      },
    ],
  })
  expect(batches).toMatchObject([
    { source: 'otlp/shop', scope: { name: 'cart', version: '1', attributes: { a: false } } },
  ])
  expect(records).toEqual([
    {
      time: 1_764_000_000_123,
      timeRemainder: 456_789,
      severityNumber: 17,
      severityText: 'Error',
      eventName: 'order.failed',
      traceId: '5b8efff798038103d269b633813fc60c',
      spanId: 'eee19b7ec3c1b174',
      body: { list: [null, 3] },
      attributes: Object.fromEntries([
        ['int', -42],
        ['large', '9223372036854775807'],
        ['double', 0.5],
        ['nan', Number.NaN],
        ['bytes', 'AP8B'],
        ['__proto__', 'data'],
      ]),
    },
  ])
})

it('takes what is null or missing for nothing', () => {
  const nothing = { body: null, attributes: null, traceId: '', spanId: null, severityText: null, timeUnixNano: '0' }
  expect(decode(request(nothing, {})).records).toEqual([{ attributes: {} }, { attributes: {} }])
  expect(decode({}).records).toEqual([])
  expect(decode({ resourceLogs: [{ resource: null, scopeLogs: [{ scope: null }] }] }).records).toEqual([])
})

it('passes over what it does not know, names in snake_case among it', () => {
  const record = { severity_number: 9, time_unix_nano: '1', strange: [{}], body: { stringValue: 'x', more: 1 } }
  expect(decode(request(record)).records).toEqual([{ body: 'x', attributes: {} }])
})

it('rejects a record with more than 1024 attributes, and not its neighbours', () => {
  const attributes = Array.from({ length: 1025 }, (_, index) => ({ key: `k${index}`, value: { intValue: 1 } }))
  const { records, rejected } = decode(request({ attributes }, { body: { stringValue: 'kept' } }))
  expect({ rejected, records }).toEqual({ rejected: 1, records: [{ body: 'kept', attributes: {} }] })
})

describe('refuses', () => {
  it.each([
    ['no JSON', '{"resourceLogs":', /no valid JSON/],
    ['no object', '[]', /the request is not an object/],
    ['a list that is none', { resourceLogs: {} }, /resourceLogs is not a list/],
    ['a name of a severity', request({ severityNumber: 'SEVERITY_NUMBER_INFO' }), /severityNumber is not an integer/],
    ['a time that is none', request({ timeUnixNano: '2026-11-24' }), /timeUnixNano is not a time/],
    ['an id in base64', request({ traceId: 'W47/95gDgQPSabYzgT/GDA==' }), /traceId is not hexadecimal/],
    ['an integer that is none', request({ body: { intValue: '1.5' } }), /intValue of body is not an integer/],
    ['a double that is none', request({ body: { doubleValue: 'much' } }), /doubleValue of body is not a number/],
    ['a string that is none', request({ body: { stringValue: 1 } }), /stringValue of body is not a string/],
  ])('%s', (_, json, message) => {
    expect(() => decode(json)).toThrow(message)
    expect(() => decode(json)).toThrow(MalformedError)
  })

  it('what is nested without end', () => {
    let value = '{}'
    for (let depth = 0; depth < 5000; depth++) value = `{"arrayValue":{"values":[${value}]}}`
    expect(() => decode(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${value}}]}]}]}`)).toThrow(/nested/)
  })

  it('any other JSON, or takes it, and nothing else happens', () => {
    const names = ['resourceLogs', 'resource', 'scopeLogs', 'scope', 'logRecords', 'attributes', 'key', 'value', 'body']
    const more = ['stringValue', 'intValue', 'arrayValue', 'kvlistValue', 'values', 'timeUnixNano', 'traceId']
    const json = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom(null, true, 1, '', 'text', '12', -1.5),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names, ...more), tie('any'), { maxKeys: 4 }),
      ),
    })).any
    fc.assert(
      fc.property(json, (any) => {
        for (const shape of [any, { resourceLogs: [{ scopeLogs: [{ logRecords: [any] }] }] }]) {
          try {
            decode(shape)
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})
