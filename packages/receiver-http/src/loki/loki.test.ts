import { Buffer } from 'node:buffer'
import { isHttpProblem } from '@weir/http-server'
import fc from 'fast-check'
import { compress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { receiving } from '../receiving.fixture.ts'
import { parseLabels } from './labels.ts'
import { readProtobufPush } from './push-protobuf.ts'
import { StreamBatches } from './stream-batches.ts'

const push = '/loki/api/v1/push'
const json = { type: 'application/json' }
const protobuf = { type: 'application/x-protobuf' }

/** A field of a protobuf message. */
const field = (number: number, value: string | Buffer | number): Buffer =>
  typeof value === 'number'
    ? Buffer.concat([Buffer.from([number * 8]), varint(BigInt(value))])
    : Buffer.concat([Buffer.from([number * 8 + 2]), varint(BigInt(Buffer.byteLength(value))), Buffer.from(value)])

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

const entry = (seconds: number, nanoseconds: number, line: string | Buffer, ...more: Buffer[]) =>
  field(
    2,
    Buffer.concat([field(1, Buffer.concat([field(1, seconds), field(2, nanoseconds)])), field(2, line), ...more]),
  )
const stream = (labels: string, ...entries: Buffer[]) =>
  field(1, Buffer.concat([field(1, labels), ...entries, field(3, 99)]))

describe('a push to Loki', () => {
  it('in JSON brings lines with labels, times to the nanosecond, and metadata', async () => {
    const { post, output } = await receiving({ attributes: { env: 'test' }, resource: { 'service.name': 'shop' } })
    const body = {
      streams: [
        {
          stream: { job: 'app', level: 'error', __proto__x: '1' },
          values: [
            ['1764151200123456789', 'one\n  at two'],
            ['1764151200000000001', 'ünï', { trace_id: 'abc', detected_level: 'info' }],
          ],
        },
        { stream: { job: 'db' }, values: [['0', '']] },
      ],
    }
    expect(await post(push, JSON.stringify(body), json)).toMatchObject({ status: 204, body: '' })
    const [first, second, third] = output.records
    expect(output.records).toHaveLength(3)
    expect(first).toMatchObject({
      time: 1764151200123,
      body: 'one\n  at two',
      severityNumber: 17,
      attributes: { job: 'app', level: 'error', env: 'test' },
    })
    expect(output.batches[0]?.resource).toEqual({ 'service.name': 'shop' })
    expect(second).toMatchObject({
      time: 1764151200000,
      body: 'ünï',
      severityNumber: 9,
      attributes: { trace_id: 'abc' },
    })
    expect(third).toMatchObject({ time: 0, attributes: { job: 'db' } })
    expect(output.batches[0]?.timeRemainder?.slice(0, 2)).toEqual(Uint32Array.from([456789, 1]))
  })

  it.each([{}, { 'content-encoding': 'snappy' }])('in protobuf brings the same', async (headers) => {
    const { post, output } = await receiving()
    const metadata = field(3, Buffer.concat([field(1, 'trace_id'), field(2, 'abc')]))
    const message = Buffer.concat([
      stream(
        '{job="app", level="error"}',
        entry(1764151200, 123456789, 'one\n  at two'),
        entry(1764151200, 1, 'ünï', metadata, field(9, 1)),
        entry(1764151201, 0, Buffer.from([0x61, 0xff])),
      ),
      stream('{job="db"}', entry(-1, 999000000, 'before')),
    ])
    expect(await post(push, compress(message), { ...protobuf, headers })).toMatchObject({ status: 204 })
    expect(output.records.map(({ time, body, severityNumber }) => [time, body, severityNumber])).toEqual([
      [1764151200123, 'one\n  at two', 17],
      [1764151200000, 'ünï', 17],
      [1764151201000, 'a\ufffd', 17],
      [-1, 'before', undefined],
    ])
    expect(output.records[1]).toMatchObject({ attributes: { job: 'app', trace_id: 'abc' } })
    expect(output.batches[0]?.timeRemainder?.slice(0, 2)).toEqual(Uint32Array.from([456789, 1]))
  })

  it('of many lines of one stream makes several batches', async () => {
    const { post, output } = await receiving()
    const values = Array.from({ length: 10_000 }, (_, index) => [
      `${1764151200000000000n + BigInt(index)}`,
      `line ${index}`,
    ])
    await post(push, JSON.stringify({ streams: [{ stream: {}, values }] }), json)
    expect(output.records.map(({ body }) => body)).toEqual(values.map(([, line]) => line))
    expect(output.batches.length).toBe(3)
  })

  it.each([
    ['no JSON', 'gibberish', 'the body is no JSON'],
    ['no streams', '{}', 'no list of streams'],
    ['no values', '{"streams":[{"stream":{}}]}', 'streams[0] has no list of values'],
    [
      'a time that is none',
      '{"streams":[{"values":[["1","a"],["yesterday","b"]]}]}',
      'streams[0].values[1] has no time',
    ],
    ['a line that is none', '{"streams":[{"values":[["1",2]]}]}', 'streams[0].values[0] has no line'],
    ['labels that are none', '{"streams":[{"stream":[],"values":[]}]}', 'streams[0].stream is no map'],
  ])('with %s is refused whole, and the answer says why', async (_, body, reason) => {
    const { post, output } = await receiving()
    const got = await post(push, body, json)
    expect(got).toMatchObject({ status: 400, body: expect.stringContaining(reason) })
    expect(output.calls).toBe(0)
  })

  it('that would become too large is refused', async () => {
    const { post } = await receiving({ max_request_body_size: '10KiB' })
    const bomb = compress(Buffer.alloc(100_000))
    expect(bomb.length).toBeLessThan(10_000)
    expect(await post(push, bomb, protobuf)).toMatchObject({ status: 413 })
    const lie = Buffer.concat([Buffer.from('ffffff7f', 'hex'), Buffer.alloc(100)])
    expect(await post(push, lie, protobuf)).toMatchObject({ status: 413 })
  })

  it('that says it is longer than it is is refused', async () => {
    const { post, output } = await receiving()
    const short = compress(stream('{a="b"}', entry(1, 0, 'x'.repeat(100))))
    const [length = 0] = short
    short[0] = length + 20
    expect(await post(push, short, protobuf)).toMatchObject({ status: 400 })
    expect(output.calls).toBe(0)
  })

  it('of arbitrary bytes is refused or taken, and nothing worse', () => {
    const streams = () => new StreamBatches({ source: '', observedTime: 0, attributes: {}, resource: {} })
    const valid = Buffer.concat([stream('{a="b"}', entry(1, 2, 'line')), stream('{c="d"}', entry(3, 4, 'line'))])
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(valid)
      copy[at] = byte
      return copy
    })
    const bytes = fc.oneof(
      fc.uint8Array().map((array) => Buffer.from(array)),
      mutated,
      fc.nat(valid.length).map((length) => valid.subarray(0, length)),
    )
    const isRefusal = (read: () => void) => {
      try {
        read()
      } catch (error) {
        expect(isHttpProblem(error)).toBe(true)
      }
    }
    fc.assert(
      fc.property(bytes, (message) => isRefusal(() => readProtobufPush(message, streams()))),
      { numRuns: 500 },
    )
  })

  it('is made by agents that ask whether Loki is ready', async () => {
    const { post } = await receiving()
    expect(await post('/ready', '', { method: 'GET' })).toMatchObject({ status: 200, body: 'ready\n' })
    expect(await post(push, '', { method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })
})

describe('labels', () => {
  it.each([
    ['{}', []],
    ['{a="1"}', [['a', '1']]],
    [
      '{ a = "1" , _b="x,y}" , }',
      [
        ['a', '1'],
        ['_b', 'x,y}'],
      ],
    ],
    [
      '{"service.name"="sh\\"op", p="C:\\\\x\\n\\u00fc\\x41\\101"}',
      [
        ['service.name', 'sh"op'],
        ['p', 'C:\\x\nüAA'],
      ],
    ],
  ])('%s are read', (text, labels) => {
    expect(parseLabels(text)).toEqual(labels)
  })

  it.each(['', 'a="1"', '{a}', '{a=1}', '{a="1" b="2"}', '{a="1"', '{1a="x"}'])('%s are none', (text) => {
    expect(() => parseLabels(text)).toThrow('are no labels of a stream')
  })
})
