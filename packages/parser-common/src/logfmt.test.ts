import { parserContract, parserHarness } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logfmt } from './logfmt.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const prometheus =
  'ts=2026-11-24T13:55:36.123Z caller=main.go:7 level=warn component=tsdb msg="Compaction \\"slow\\"" duration=2.5s'
const heroku =
  'at=error code=H12 desc="Request timeout" method=GET path="/orders?id=7" status=503 bytes=0 fwd=192.0.2.1'
const logrus = 'time="2026-11-24T13:55:36Z" level=info msg=started attempt=3 ok=true ratio=0.5 debug'
const lines = [prometheus, heroku, logrus, 'a=', 'a="" b', 'msg="\\x1b[0m"', 'id=12345678901234567890 zip=01234']

for (const { name, run } of parserContract(logfmt, { lines })) it(`logfmt ${name}`, run)

describe('logfmt', () => {
  const { feed } = columnarHarness(logfmt)
  const one = (line: string) => feed(line).records[0]

  it('reads keys into attributes, and message, time and level into their fields', () => {
    expect(one(prometheus)).toEqual({
      time: Date.UTC(2026, 10, 24, 13, 55, 36, 123),
      severityNumber: 13,
      severityText: 'warn',
      body: 'Compaction "slow"',
      attributes: { caller: 'main.go:7', component: 'tsdb', duration: '2.5s' },
    })
  })

  it('takes numbers and booleans for what they are, and bare keys for true', () => {
    expect(one(logrus)?.attributes).toEqual({ attempt: 3, ok: true, ratio: 0.5, debug: true })
    expect(one(heroku)).toMatchObject({
      body: heroku,
      attributes: { status: 503, method: 'GET', path: '/orders?id=7' },
    })
  })

  it('keeps as text what would not survive as a number', () => {
    expect(one('id=12345678901234567890 zip=01234 empty= word=x')?.attributes).toEqual({
      id: '12345678901234567890',
      zip: '01234',
      empty: '',
      word: 'x',
    })
  })

  it('keeps escapes that it does not know', () => {
    expect(one('a="\\x1b[0m" b=c')?.attributes).toEqual({ a: '\\x1b[0m', b: 'c' })
  })

  it.each(['just text', 'text and=pair', '="x"', 'a="open', 'a="x"y', 'a=b"c'])('refuses %j', (line) => {
    expect(feed(line).failures).toBe(1)
  })

  it('knows its own lines', () => {
    const { parser } = parserHarness(logfmt)
    expect(parser.sniff?.([prometheus, heroku, logrus])).toBe(0.9)
    expect(parser.sniff?.(['2026-11-24 INFO x=1', '{"a=1":"b=2"}'])).toBe(0)
  })

  it('reads back the pairs that a line was made of', () => {
    const key = fc
      .stringMatching(/^[A-Za-z_@.][\w.-]{0,20}$/)
      .filter((name) => !/^(?:msg|body|log|event|t|ts|date|time|lvl)$/i.test(name))
    const pairs = fc.dictionary(key, fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      minKeys: 1,
      noNullPrototype: true,
    })
    const write = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value) : String(value))
    fc.assert(
      fc.property(pairs, (values) => {
        const line = Object.entries(values)
          .map(([name, value]) => `${name}=${write(value)}`)
          .join(' ')
        const { records, failures } = columnarHarness(logfmt, {
          body_keys: [],
          time_keys: [],
          severity_keys: [],
          trace_id_keys: [],
          span_id_keys: [],
        }).feed(line)
        expect(failures).toBe(0)
        expect(records[0]?.attributes).toEqual(values)
      }),
    )
  })

  it('does no harm, whatever it is given', () => expectNoHarm(logfmt, lines))
})
