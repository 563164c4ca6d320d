import { parserContract, parserHarness } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from './json.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const pino =
  '{"level":50,"time":1795528536123,"pid":7,"hostname":"web-1","msg":"charge failed","err":{"type":"Error","code":"E1"}}'
const bunyan = '{"name":"api","hostname":"h","pid":1,"level":40,"msg":"slow","time":"2026-11-24T13:55:36.123Z","v":0}'
const zap = '{"level":"warn","ts":1795528536.25,"caller":"a/b.go:7","msg":"retry","attempt":3}'
const ecs =
  '{"@timestamp":"2026-11-24T13:55:36.123456789Z","log.level":"ERROR","message":"no","trace.id":"0af7651916cd43dd8448eb211c80319c"}'
const logback =
  '{"timestamp":"2026-11-24 13:55:36,123","level":"INFO","thread":"main","logger":"a.B","message":"started","traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}'
const serilog = '{"@t":"2026-11-24T13:55:36.1234567Z","@m":"Hello, \\"you\\"","@l":"Warning","Name":"x"}'
const gelf = '{"version":"1.1","host":"h","short_message":"disk full","timestamp":1795528536.123,"level":3,"_user":"u"}'
const journald = '{"__REALTIME_TIMESTAMP":"1795528536123456","PRIORITY":"4","MESSAGE":"eth0: link down","_PID":"1"}'
const lines = [
  pino,
  bunyan,
  zap,
  ecs,
  logback,
  serilog,
  gelf,
  journald,
  ' { "a" : [ 1 , { } , "\\u00e9\\n" ] , "b" : null } ',
  '{}',
]

for (const { name, run } of parserContract(json, { lines })) it(`json ${name}`, run)

describe('json', () => {
  const { feed } = columnarHarness(json)
  const one = (line: string, config = {}) => columnarHarness(json, config).feed(line).records[0]

  it('puts keys into attributes and nested values into JSON', () => {
    expect(one('{"user":"ann","n":1.5,"ok":true,"no":null,"tags":["a",{"b":2}],"http":{"status":200}}')).toEqual({
      body: '{"user":"ann","n":1.5,"ok":true,"no":null,"tags":["a",{"b":2}],"http":{"status":200}}',
      attributes: { user: 'ann', n: 1.5, ok: true, no: null, tags: ['a', { b: 2 }], http: { status: 200 } },
    })
  })

  const time = Date.UTC(2026, 10, 24, 13, 55, 36)
  it.each([
    ['pino', pino, { time: time + 123, severityNumber: 17, body: 'charge failed' }],
    ['bunyan', bunyan, { time: time + 123, severityNumber: 13, body: 'slow' }],
    ['zap', zap, { time: time + 250, severityNumber: 13, severityText: 'warn', body: 'retry' }],
    ['ECS', ecs, { time: time + 123, timeRemainder: 456_789, severityNumber: 17, severityText: 'ERROR', body: 'no' }],
    ['logback', logback, { time: time + 123, severityNumber: 9, body: 'started', spanId: 'b7ad6b7169203331' }],
    ['Serilog', serilog, { time: time + 123, timeRemainder: 456_700, severityNumber: 13, body: 'Hello, "you"' }],
    ['GELF', gelf, { time: time + 123, severityNumber: 17, body: 'disk full' }],
    ['journald', journald, { time: time + 123, timeRemainder: 456_000, severityNumber: 13, body: 'eth0: link down' }],
  ])('reads message, time and level of %s', (_, line, fields) => {
    expect(one(line)).toMatchObject(fields)
  })

  it('takes ids of traces and spans that are ids, and keeps others as attributes', () => {
    expect(one(logback)?.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(one('{"trace_id":"1234","message":"m"}')).toEqual({ body: 'm', attributes: { trace_id: '1234' } })
  })

  it('takes the key that ranks first, whatever their order, and keeps the others', () => {
    expect(one('{"msg":"second","event":"third","message":"first"}')).toEqual({
      body: 'first',
      attributes: { msg: 'second', event: 'third' },
    })
  })

  it('keeps a time or level that it cannot read as an attribute, and goes on looking', () => {
    expect(one('{"time":"0.25 s","ts":1795528536,"level":"high"}')).toMatchObject({
      time,
      attributes: { time: '0.25 s', level: 'high' },
    })
  })

  it('keeps what it has taken when a key that ranks higher makes no sense', () => {
    const line = '{"ts":1795528536,"msg":"m","lvl":"warn","time":"noon","message":null,"level":{}}'
    expect(one(line)).toEqual({
      time,
      severityNumber: 13,
      severityText: 'warn',
      body: 'm',
      attributes: { time: 'noon', message: null, level: {} },
    })
  })

  it('takes the last of duplicate keys, and unescapes keys', () => {
    expect(one('{"a":1,"a":2,"b\\u0061\\"":3,"message":"x","message":"y"}')).toEqual({
      body: 'y',
      attributes: { a: 2, 'ba"': 3 },
    })
  })

  it('takes `__proto__` for data', () => {
    const record = one('{"__proto__":{"x":1},"constructor":2}')
    expect(Object.entries(record?.attributes ?? {})).toEqual([
      ['__proto__', { x: 1 }],
      ['constructor', 2],
    ])
    expect(Reflect.get({}, 'x')).toBeUndefined()
  })

  it('reads the keys that it is told to', () => {
    const config = { body_keys: ['what'], time_keys: ['when'], severity_keys: [] }
    expect(one('{"what":"w","when":"2026-11-24T13:55:36+00:00","message":"m","level":"error"}', config)).toEqual({
      time,
      body: 'w',
      attributes: { message: 'm', level: 'error' },
    })
  })

  it('reads an object that was printed over several lines', () => {
    const { feed: feedRecord } = parserHarness(json)
    expect(feedRecord('{"a":1}').records[0]?.attributes).toEqual({ a: 1 })
    const { parser } = parserHarness(json)
    expect(parser.sniff?.(['{"a":1}', '{}'])).toBeGreaterThan(0.8)
  })

  it('makes new columns without bound on their number, and loses none', () => {
    const text = Array.from({ length: 700 }, (_, index) => `{"key${index}":${index},"message":"m${index}"}`).join('\n')
    const { records, failures } = feed(text)
    expect(failures).toBe(0)
    expect(records.map(({ attributes }) => attributes)).toEqual(
      Array.from({ length: 700 }, (_, index) => ({ [`key${index}`]: index })),
    )
  })

  it('accepts what JSON.parse accepts as an object, with the same values, and nothing else', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...lines), fc.nat(200), fc.nat(3), fc.constantFrom(...'{}[]",:\\01.eE+-tfn u\u0001ü', ''))
      .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + cut))
    const spaced = fc
      .tuple(fc.jsonValue(), fc.constantFrom(0, 1))
      .map(([value, indent]) => JSON.stringify({ key: value, other: [value] }, null, indent).replaceAll('\n', ' '))
    const config = { body_keys: [], time_keys: [], severity_keys: [], trace_id_keys: [], span_id_keys: [] }
    const plain = columnarHarness(json, config)
    fc.assert(
      fc.property(
        fc.oneof(
          mutated.filter((line) => line !== ''),
          spaced,
          fc.json(),
        ),
        (line) => {
          let expected: unknown
          try {
            expected = JSON.parse(line)
          } catch {}
          const isObject = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
          const { records, failures } = plain.feed(line)
          expect(failures).toBe(isObject ? 0 : 1)
          expect(records[0]?.attributes).toEqual(isObject ? expected : {})
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('does no harm, whatever it is given', () => expectNoHarm(json, lines))
})
