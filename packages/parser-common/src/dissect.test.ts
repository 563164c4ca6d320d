import { parserContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { dissect } from './dissect.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const pattern = '%{time} %{+time} %{level->} %{user|string} %{ms} %{message}'
const lines = [
  '2026-11-24 13:55:36 error   007 2.5 could not reach 10.0.0.7',
  '2026-11-24 13:55:37 info 12 12 ok',
  'never ever loud 1 2 3',
  '2026-11-24 13:55:37 info 12',
  'no time at all',
]

for (const { name, run } of parserContract(dissect, { lines, config: { pattern } })) it(`dissect ${name}`, run)

describe('dissect', () => {
  const feed = (config: object, text: string) => columnarHarness(dissect, config).feed(text)

  it('puts fields where their names say, as every parser does', () => {
    const { records, failures } = feed({ pattern }, `${lines.join('\n')}\n`)
    expect(failures).toBe(2)
    expect(records.slice(0, 3)).toEqual([
      {
        time: Date.UTC(2026, 10, 24, 13, 55, 36),
        severityNumber: 17,
        severityText: 'error',
        body: 'could not reach 10.0.0.7',
        attributes: { user: '007', ms: 2.5 },
      },
      {
        time: Date.UTC(2026, 10, 24, 13, 55, 37),
        severityNumber: 9,
        severityText: 'info',
        body: 'ok',
        attributes: { user: '12', ms: 12 },
      },
      { body: '3', attributes: { time: 'never ever', level: 'loud', user: '1', ms: 2 } },
    ])
    expect(records.slice(3).map(({ body }) => body)).toEqual(lines.slice(3))
  })

  it('reads times in the zone of the config, epochs too, and keeps what is no time', () => {
    const timesOf = (text: string) =>
      feed({ pattern: '%{time}|%{level}', location: '+02:00' }, text).records.map(
        ({ time, attributes, severityText }) => [time, attributes.time, severityText],
      )
    expect(timesOf('2026-11-24 13:55:36|warn\n1795528536|30\nsoon|warn\n')).toEqual([
      [Date.UTC(2026, 10, 24, 11, 55, 36), undefined, 'warn'],
      [1_795_528_536_000, undefined, '30'],
      [undefined, 'soon', 'warn'],
    ])
  })

  it('goes on in the next batch where one is full', () => {
    const text = Array.from({ length: 300 }, (_, index) => `a ${index}\n`).join('')
    const { records } = feed({ pattern: 'a %{n}' }, text)
    expect(records.map(({ attributes }) => attributes.n)).toEqual(Array.from({ length: 300 }, (_, index) => index))
  })

  it('does no harm, whatever it is given', () => expectNoHarm(dissect, lines, { pattern }))
})
