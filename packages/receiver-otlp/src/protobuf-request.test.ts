import { Buffer } from 'node:buffer'
import type { LogBatch } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRequest } from './any-request.fixture.ts'
import { Programs } from './attribute-keys.ts'
import { encoded } from './definitions.fixture.ts'
import { MalformedError } from './malformed.ts'
import { ProtobufRequest } from './protobuf-request.ts'

const arrived = Date.UTC(2026, 10, 24)

function decode(bytes: Buffer, programs = new Programs()): { batches: LogBatch[]; rejected: number } {
  const request = new ProtobufRequest(bytes, { componentId: 'otlp', time: arrived, programs })
  return { batches: [...request.batches()], rejected: request.rejected }
}

const records = (batches: readonly LogBatch[]) => batches.flatMap(plainRecords)
const request = (logRecords: readonly object[], more: object = {}) =>
  encoded('ExportLogsServiceRequest', { resourceLogs: [{ scopeLogs: [{ logRecords, ...more }] }] })
const text = (stringValue: string) => ({ stringValue })

describe('a request', () => {
  it('has the same records as for another implementation of protobuf', () => {
    const programs = new Programs()
    fc.assert(
      fc.property(anyRequest, ({ message, expected }) => {
        const { batches, rejected } = decode(encoded('ExportLogsServiceRequest', message), programs)
        const found = batches.flatMap((batch) => {
          const origin = { resource: { ...batch.resource }, scope: batch.scope && { ...batch.scope } }
          return plainRecords(batch).map((record) => ({ ...origin, record }))
        })
        expect(found).toEqual(
          expected.flatMap(({ records, ...origin }) => records.map((record) => ({ ...origin, record }))),
        )
        expect(rejected).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('becomes one batch for each resource and scope, and 4096 records', () => {
    const logRecords = Array.from({ length: 10_000 }, (_, index) => ({ body: text(`line ${index}`) }))
    const service = (name: string) => ({ attributes: [{ key: 'service.name', value: text(name) }] })
    const { batches } = decode(
      encoded('ExportLogsServiceRequest', {
        resourceLogs: [
          {
            resource: service('shop'),
            scopeLogs: [
              { scope: { name: 'cart', version: '1.2' }, logRecords },
              { logRecords: [{ body: text('last') }] },
            ],
          },
          { resource: service('bank'), scopeLogs: [{ logRecords: [{ body: text('money') }] }, { logRecords: [] }] },
        ],
      }),
    )
    expect(
      batches.map(({ resource, scope, length, source }) => [resource['service.name'], scope, length, source]),
    ).toEqual([
      ['shop', { name: 'cart', version: '1.2' }, 4096, 'otlp/shop'],
      ['shop', { name: 'cart', version: '1.2' }, 4096, 'otlp/shop'],
      ['shop', { name: 'cart', version: '1.2' }, 1808, 'otlp/shop'],
      ['shop', undefined, 1, 'otlp/shop'],
      ['bank', undefined, 1, 'otlp/bank'],
    ])
    expect(records(batches).map(({ body }) => body)).toEqual([
      ...logRecords.map((_, index) => `line ${index}`),
      'last',
      'money',
    ])
  })

  it('may have the resource and the scope behind the records', () => {
    const scopeLogs = Buffer.concat([
      encoded('ScopeLogs', { logRecords: [{ body: text('hello') }] }),
      encoded('ScopeLogs', { scope: { name: 'late' } }),
    ])
    const resourceLogs = Buffer.concat([
      field(2, scopeLogs),
      encoded('ResourceLogs', { resource: { attributes: [{ key: 'host.name', value: text('web-1') }] } }),
    ])
    const { batches } = decode(field(1, resourceLogs))
    expect(batches).toMatchObject([{ resource: { 'host.name': 'web-1' }, scope: { name: 'late' }, length: 1 }])
  })

  it('that is empty has no batches', () => {
    expect(decode(Buffer.alloc(0)).batches).toEqual([])
    expect(decode(request([])).batches).toEqual([])
  })
})

describe('a record', () => {
  const one = (record: object) => records(decode(request([record])).batches)[0]

  it('keeps nanoseconds', () => {
    expect(one({ timeUnixNano: '1764000000123456789' })).toMatchObject({
      time: 1_764_000_000_123,
      timeRemainder: 456_789,
    })
    expect(one({ timeUnixNano: '18446744073709551615' })).toMatchObject({
      time: 18_446_744_073_709,
      timeRemainder: 551_615,
    })
  })

  it('without a time happened when it was observed', () => {
    const { batches } = decode(
      request([
        { observedTimeUnixNano: '1764000000123456789' },
        { timeUnixNano: '1000000', observedTimeUnixNano: '2000000' },
      ]),
    )
    expect(records(batches)).toMatchObject([{ time: 1_764_000_000_123, timeRemainder: 456_789 }, { time: 1 }])
    expect(batches[0]?.observedTime).toBe(1_764_000_000_123)
    expect(decode(request([{ body: text('x') }])).batches[0]?.observedTime).toBe(arrived)
  })

  it('keeps integers of 64 bits exact where they are passed on, as near as a number comes where they are read', () => {
    const { batches } = decode(
      request([
        {
          attributes: [{ key: 'id', value: { intValue: '9223372036854775807' } }],
          body: { intValue: '-9223372036854775808' },
        },
      ]),
    )
    expect(records(batches)).toEqual([{ body: -(2 ** 63), attributes: { id: 2 ** 63 } }])
    expect(batches[0]?.bytes.toString('latin1')).toMatch(/-9223372036854775808$|9223372036854775807$/)
  })

  it('has bytes in base64', () => {
    expect(one({ body: { bytesValue: Buffer.from([0, 255, 1]).toString('base64') } })?.body).toBe('AP8B')
  })

  it('has no ids that are none, and no severity that does not exist', () => {
    const none = one({
      traceId: Buffer.alloc(16),
      spanId: Buffer.from([1, 2, 3]),
      severityNumber: 25,
      severityText: '',
    })
    expect(none).toEqual({ attributes: {} })
    const ids = {
      traceId: Buffer.from('0123456789abcdef0123456789abcdef', 'hex'),
      spanId: Buffer.from('00000000000000ff', 'hex'),
    }
    expect(one(ids)).toMatchObject({ traceId: '0123456789abcdef0123456789abcdef', spanId: '00000000000000ff' })
  })

  it('has text that is no UTF-8 with replacements, in values and in names', () => {
    const bad = Buffer.from([0x61, 0xff, 0x62])
    const record = Buffer.concat([
      field(5, field(1, bad)),
      field(6, Buffer.concat([field(1, bad), field(2, field(1, Buffer.from('fine ✓')))])),
    ])
    expect(records(decode(field(1, field(2, field(2, record)))).batches)).toEqual([
      { body: 'a\ufffdb', attributes: { 'a\ufffdb': 'fine ✓' } },
    ])
  })

  it('has the last of attributes of one name, and keys that are only ever data', () => {
    const attributes = [
      { key: 'a', value: text('first') },
      { key: '__proto__', value: { kvlistValue: { values: [{ key: '__proto__', value: text('inner') }] } } },
      { key: 'a', value: text('last') },
    ]
    const found = one({ attributes })?.attributes
    expect(Object.keys(found ?? {})).toEqual(['a', '__proto__'])
    expect(found?.a).toBe('last')
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  it('with more than 1024 attributes is rejected, and its neighbours are not', () => {
    const attributes = Array.from({ length: 1025 }, (_, index) => ({ key: `k${index}`, value: text('v') }))
    const { batches, rejected } = decode(
      request([
        { body: text('one') },
        { body: text('two'), attributes },
        { body: text('three'), attributes: attributes.slice(1) },
      ]),
    )
    expect(rejected).toBe(1)
    expect(records(batches).map(({ body, attributes: kept }) => [body, Object.keys(kept).length])).toEqual([
      ['one', 0],
      ['three', 1024],
    ])
  })

  it('of random names is read in time and space that its bytes account for', () => {
    const id = { traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 7) }
    const logRecords = Array.from({ length: 2000 }, (_, index) => ({
      ...id,
      attributes: Array.from({ length: 100 }, (__, other) => ({
        key: `${index}.${other}`,
        value: { intValue: other },
      })),
    }))
    const { batches } = decode(request(logRecords))
    expect(records(batches)).toHaveLength(2000)
    const memory = batches.reduce((sum, { cells, bytes }) => sum + cells.byteLength + bytes.length, 0)
    expect(memory).toBeLessThan(50_000_000)
  })
})

describe('what is not known', () => {
  it('is passed over: fields of every wire type, and groups', () => {
    const unknown = Buffer.from([
      ...[0xf8, 0x07, 0x05], // 127: number
      ...[0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8], // 127: 64 bits
      ...[0xfa, 0x07, 2, 9, 9], // 127: length
      ...[0xfb, 0x07, 0x08, 1, 0x13, 0x14, 0xfc, 0x07], // 127: group with a group in it
      ...[0xfd, 0x07, 1, 2, 3, 4], // 127: 32 bits
    ])
    const value = Buffer.concat([unknown, encoded('AnyValue', { stringValue: 'hello' }), unknown])
    const pair = Buffer.concat([unknown, field(1, Buffer.from('k')), unknown, field(2, value)])
    const record = Buffer.concat([unknown, field(5, value), unknown, field(6, pair), unknown])
    const scopeLogs = Buffer.concat([unknown, field(2, record), unknown])
    const resourceLogs = Buffer.concat([unknown, field(2, scopeLogs), field(3, Buffer.from('https://schema'))])
    const bytes = Buffer.concat([unknown, field(1, resourceLogs), unknown])
    expect(records(decode(bytes).batches)).toEqual([{ body: 'hello', attributes: { k: 'hello' } }])
  })

  it('is passed over where a known field has another type', () => {
    const record = Buffer.concat([
      Buffer.from([0x28, 7, 0x0a, 1, 65, 0x4d, 1, 2, 3, 4]),
      field(5, field(1, Buffer.from('x'))),
    ])
    expect(records(decode(field(1, field(2, field(2, record)))).batches)).toEqual([{ body: 'x', attributes: {} }])
  })
})

describe('a group, which is an unknown field', () => {
  const body = field(5, field(1, Buffer.from('x')))
  const group = (...content: number[]) => Buffer.from([0x4b, ...content, 0x4c])
  const decoded = (record: Buffer) => records(decode(field(1, field(2, field(2, record)))).batches)

  it.each([
    ['a field with a length', [0x0a, 2, 0x4c, 0x4c]],
    ['a long one', [0x0a, 0x83, 0x01, ...new Array<number>(131).fill(0x4b)]],
    ['numbers', [0x08, 0x96, 0x01, 0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['a group', [0x53, 0x0a, 1, 0x54, 0x54]],
  ])('is passed over, whatever is in it: %s', (_, content) => {
    expect(decoded(Buffer.concat([group(...content), body]))).toEqual([{ body: 'x', attributes: {} }])
  })

  it('is refused when a field in it is longer than it says', () => {
    expect(() => decoded(group(0x0a, 5, 1))).toThrow(/ends after its message/)
  })
})

describe('what is damaged', () => {
  it.each([
    [
      'a length beyond the end',
      Buffer.from([0x0a, 5, 1]),
      /at byte 2, in ExportLogsServiceRequest: field 1 ends 4 bytes/,
    ],
    ['a number without end', Buffer.alloc(11, 0xff), /more than ten bytes/],
    ['a number that is cut', Buffer.from([0x0a, 0x80]), /ends within a number/],
    ['field 0', Buffer.from([0x02, 0]), /no field of that number/],
    ['a wire type that does not exist', Buffer.from([0x0f, 0]), /wire type 7/],
    ['the end of a group that was not begun', Buffer.from([0x0c]), /wire type 4/],
    ['text', Buffer.from('{"resourceLogs": []}'), /no valid protobuf/],
  ])('says where: %s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(message)
    expect(() => decode(bytes)).toThrow(MalformedError)
  })

  it('is refused whole, however deep the damage', () => {
    const good = field(2, field(2, encoded('LogRecord', { body: text('good') })))
    const bad = field(2, field(2, field(6, field(2, Buffer.from([0x2a, 3, 0x0a, 9, 9])))))
    expect(() => decode(field(1, Buffer.concat([good, bad])))).toThrow(/in ArrayValue/)
  })

  it('is refused when it is nested without end', () => {
    let value = encoded('AnyValue', { stringValue: 'deep' })
    for (let depth = 0; depth < 2000; depth++) value = field(5, field(1, value))
    expect(() => decode(field(1, field(2, field(2, field(5, value)))))).toThrow(/nested more than 64 levels/)
  })

  it('never does anything but be read or refused', () => {
    const isSound = (bytes: Buffer) => {
      try {
        for (const { body, attributes } of records(decode(bytes).batches)) JSON.stringify([body, attributes])
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isSound(Buffer.from(bytes))),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(
        anyRequest,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('flip', 'cut', 'insert', 'remove'), fc.nat(255)), {
          minLength: 1,
          maxLength: 5,
        }),
        ({ message }, changes) => {
          let bytes = encoded('ExportLogsServiceRequest', message)
          for (const [place, change, value] of changes) {
            const at = bytes.length === 0 ? 0 : place % bytes.length
            if (change === 'cut') bytes = bytes.subarray(0, at)
            else if (change === 'flip' && bytes.length > 0) bytes[at] = value
            else if (change === 'insert')
              bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)])
            else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
          }
          isSound(bytes)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

/** A field with a length, by hand. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = []
  let rest = content.length
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), content])
}
