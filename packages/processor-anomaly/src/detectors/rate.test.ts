import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { inOrder, midnight, minute, quiet, repeated, thinned } from '../testing/traffic.ts'
import { rate } from './rate.ts'

const hours = 60 * minute
const steady = (minutes: number, perMinute = 60) =>
  Array.from({ length: minutes * perMinute }, (_, index) => ({ time: midnight + (index * minute) / perMinute }))

describe('rate', () => {
  it('reports a spike once, with what was usual, and its end', () => {
    const at = midnight + 30 * minute
    const lines = inOrder([...quiet({ seed: 1, minutes: 60 }), ...repeated('x', 900, at, at + 3 * minute)])
    const { alerts } = detectorHarness(rate).feed(lines)
    expect(alerts.map(({ key, state = 'firing' }) => [key, state])).toEqual([
      ['spike', 'firing'],
      ['spike', 'resolved'],
    ])
    const [spike, end] = alerts
    expect(spike?.title).toMatch(/^rate rose to \d+ records in 1m \(usually \d+\)$/)
    expect(spike?.time).toBeGreaterThan(at)
    expect(spike?.time).toBeLessThanOrEqual(at + minute)
    expect(end?.time).toBeGreaterThan(at + 3 * minute)
    expect(end?.time).toBeLessThanOrEqual(at + 5 * minute)
  })

  it('reports a drop while records still come, and silence as critical', () => {
    const at = midnight + 40 * minute
    const lines = thinned(quiet({ seed: 2, minutes: 60 }), at, at + 5 * minute, 10)
    const drop = detectorHarness(rate).feed(lines).alerts[0]
    expect(drop).toMatchObject({ key: 'drop', severity: 'warning', resolves: true })

    const silence = detectorHarness(rate)
    silence.feed(steady(30))
    const { alerts } = silence.advance(midnight + 32 * minute)
    expect(alerts.map(({ key, severity }) => [key, severity])).toEqual([
      ['drop', 'warning'],
      ['drop', 'critical'],
    ])
    expect(alerts[1]).toMatchObject({ observed: 0, title: 'rate fell to 0 records in 1m (usually 60)' })
  })

  it('notices within the hour what rises too slowly to stand out, once it knows the hours of the day', () => {
    const begins = midnight + 3 * 24 * hours + 9 * hours
    const creeping = Array.from({ length: 120 }, (_, index) =>
      repeated('full collection', Math.round(index / 8), begins + index * minute, begins + (index + 1) * minute),
    ).flat()
    const lines = inOrder([...quiet({ seed: 3, minutes: 84 * 60, perMinute: 3 }), ...creeping])
    const { alerts } = detectorHarness(rate, { config: { window: '5m' } }).feed(lines)
    const [first] = alerts.filter(({ key }) => key === 'sustained')
    expect(first?.title).toMatch(/^rate has risen to [\d.]+ records in 5m over \d+m \(at this hour up to [\d.]+\)$/)
    expect(first?.time).toBeGreaterThan(begins)
    expect(first?.time).toBeLessThan(begins + 60 * minute)
    expect(alerts.filter(({ time }) => time < begins)).toEqual([])
  })

  it('takes a level that stays as usual after a while', () => {
    const before = steady(30)
    const after = Array.from({ length: 60 * 300 }, (_, index) => ({ time: midnight + 30 * minute + index * 200 }))
    const { alerts } = detectorHarness(rate, { config: { adapt_after: 20 } }).feed([...before, ...after])
    expect(alerts.map(({ state = 'firing' }) => state)).toEqual(['firing', 'resolved'])
    expect(alerts[1]?.title).toContain('taken as usual')
  })

  it('is silent while it warms up, on a quiet log, and about directions that were not asked for', () => {
    expect(
      detectorHarness(rate).feed([...steady(5), ...repeated('x', 5000, midnight + 5 * minute, midnight + 6 * minute)])
        .alerts,
    ).toEqual([])
    const sparse = quiet({ seed: 3, minutes: 600, perMinute: 1 })
    expect(detectorHarness(rate).feed(sparse).alerts).toEqual([])
    const harness = detectorHarness(rate, { config: { direction: 'spike' } })
    harness.feed(steady(30))
    expect(harness.advance(midnight + 40 * minute).alerts).toEqual([])
  })

  it('raises no false alarm in two weeks of traffic that follows the day', () => {
    for (const seed of [11, 12]) {
      const { alerts } = detectorHarness(rate).feed(quiet({ seed, minutes: (7 * 24 * hours) / minute, perMinute: 8 }))
      expect(alerts).toEqual([])
    }
  })

  it('leaves late records out of windows that were judged', () => {
    const harness = detectorHarness(rate)
    harness.feed(steady(30))
    harness.feed(Array.from({ length: 5000 }, () => ({ time: midnight + 10 * minute })))
    expect(harness.feed(steady(32).slice(30 * 60)).alerts).toEqual([])
  })
})

describe('contract', () => {
  const at = midnight + 15 * minute
  const inputs = inOrder([...quiet({ seed: 5, minutes: 20, perMinute: 60 }), ...repeated('x', 300, at, at + minute)])
  for (const { name, run } of detectorContract(rate, { inputs })) it(name, run)
})
