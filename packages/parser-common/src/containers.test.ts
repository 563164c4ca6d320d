import { parserContract, parserHarness } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cri } from './cri.ts'
import { docker } from './docker.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const time = Date.UTC(2026, 10, 24, 13, 55, 36, 123)
const full = '2026-11-24T13:55:36.123456789Z stderr F panic: no'
const partial = '2026-11-24T14:55:36.123456789+01:00 stdout P first half '
const criLines = [
  full,
  partial,
  '2026-11-24T13:55:36.1Z stdout F',
  '2026-11-24T13:55:36.1Z stdout F ',
  '2026-11-24T13:55:36Z stdlog F x',
]
const dockerLine = '{"log":"say \\"hi\\"\\n","stream":"stdout","time":"2026-11-24T13:55:36.123456789Z"}'
const dockerLines = [
  dockerLine,
  '{"log":"no break","stream":"stderr","time":"2026-11-24T13:55:36Z","attrs":{"tag":"web"}}',
  '{"log":"a\\\\n","stream":"stderr","time":"2026-11-24T13:55:36Z"}',
  '{"log":"\\n","stream":"stdout","time":"2026-11-24T13:55:36Z"}',
]

for (const { name, run } of parserContract(cri, { lines: criLines })) it(`cri ${name}`, run)
for (const { name, run } of parserContract(docker, { lines: dockerLines })) it(`docker ${name}`, run)

describe('cri', () => {
  const { feed } = columnarHarness(cri)

  it('reads time, stream, tag and message', () => {
    expect(feed(`${full}\n${partial}\n`).records).toEqual([
      { time, timeRemainder: 456_789, body: 'panic: no', attributes: { 'log.iostream': 'stderr', logtag: 'F' } },
      { time, timeRemainder: 456_789, body: 'first half ', attributes: { 'log.iostream': 'stdout', logtag: 'P' } },
    ])
  })

  it('reads empty messages', () => {
    const { records, failures } = feed('2026-11-24T13:55:36Z stdout F \n2026-11-24T13:55:36Z stdout F\n')
    expect(failures).toBe(0)
    expect(records.map(({ body }) => body)).toEqual(['', ''])
  })

  it.each([
    'x stdout F y',
    '2026-11-24T13:55:36Z stdoutF y',
    '2026-11-24T13:55:36Z  F y',
    '2026-11-24T13:55:36Z stdout  y',
  ])('refuses %j', (line) => expect(feed(line).failures).toBe(1))

  it('knows its own lines', () => {
    const { parser } = parserHarness(cri)
    expect(parser.sniff?.([full, partial])).toBe(1)
    expect(parser.sniff?.(['2026-11-24T13:55:36Z INFO x'])).toBe(0)
  })

  it('does no harm, whatever it is given', () => expectNoHarm(cri, criLines))
})

describe('docker', () => {
  const { feed } = columnarHarness(docker)

  it('reads time, stream and the line without its break', () => {
    expect(feed(dockerLine).records).toEqual([
      { time, timeRemainder: 456_789, body: 'say "hi"', attributes: { 'log.iostream': 'stdout' } },
    ])
    expect(feed(dockerLines.join('\n')).records.map(({ body }) => body)).toEqual(['say "hi"', 'no break', 'a\\n', ''])
  })

  it('keeps any line as it was, but for its break', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        const entry = JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-11-24T13:55:36Z' })
        expect(feed(entry).records[0]?.body).toBe(line)
      }),
    )
  })

  it('knows its own lines', () => {
    const { parser } = parserHarness(docker)
    expect(parser.sniff?.(dockerLines)).toBe(1)
    expect(parser.sniff?.(['{"log":"x"}'])).toBe(0)
  })

  it('does no harm, whatever it is given', () => expectNoHarm(docker, dockerLines))
})
