import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { cardinality } from './cardinality.ts'

const start = Date.UTC(2026, 0, 1)
const minute = 60_000
/** Records of so many different users in each minute, 120 records a minute. */
const users = (...perMinute: number[]) =>
  perMinute.flatMap((count, at) =>
    Array.from({ length: 120 }, (_, n) => ({
      time: start + at * minute + n * 500,
      attributes: { user: `u${(n % count) + at}` },
      body: `user ${n % count}`,
    })),
  )
const flat = (count: number, minutes: number) => Array.from({ length: minutes }, (_, at) => count + (at % 3))
const options = { field: 'attributes.user', window: '1m' }
const run = (config: object, ...perMinute: number[]) => {
  const harness = detectorHarness(cardinality, { config: { ...options, ...config } })
  harness.feed(users(...perMinute))
  return harness.advance(start + perMinute.length * minute).alerts
}

describe('cardinality', () => {
  it('reports far more users than usual, though there are no more records, and when it is over', () => {
    const alerts = run({}, ...flat(20, 30), 110, 110, ...flat(20, 10))
    expect(alerts).toMatchObject([
      { key: 'spike', severity: 'warning', time: start + 31 * minute, samples: ['user 0'] },
      { key: 'spike', state: 'resolved', time: start + 33 * minute },
    ])
    expect(alerts[0]?.title).toMatch(/^1[01]\d different values of user in 1m \(usually 2\d\)$/)
  })

  it('reports fewer only if it is told to, and says nothing about what is usual', () => {
    const fewer = [...flat(80, 30), 4, 4, ...flat(80, 10)]
    expect(run({}, ...fewer)).toEqual([])
    expect(run({ direction: 'both' }, ...fewer).map(({ key }) => key)).toEqual(['drop', 'drop'])
    expect(run({ direction: 'both' }, ...flat(20, 200))).toEqual([])
  })

  it('takes a new level that stays as usual', () => {
    const states = run({}, ...flat(20, 30), ...flat(100, 40)).map(({ state = 'firing' }) => state)
    expect(states).toEqual(['firing', 'resolved'])
  })
})

describe('contract', () => {
  const inputs = users(...flat(20, 12), 110, 110, ...flat(20, 4))
  for (const { name, run: check } of detectorContract(cardinality, { inputs, config: options })) it(name, check)
})
