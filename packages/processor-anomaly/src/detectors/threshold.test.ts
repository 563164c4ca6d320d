import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { hosting } from '../testing/hosting.ts'
import { midnight, repeated } from '../testing/traffic.ts'
import { threshold } from './threshold.ts'

const start = Date.UTC(2026, 0, 1)
const values = (...perSecond: (number | string)[]) =>
  perSecond.map((value, second) => ({ time: start + second * 1000, attributes: { ms: value }, body: `took ${value}` }))
const flat = (value: number, seconds: number) => Array.from({ length: seconds }, () => value)
const run = (config: object, ...perSecond: (number | string)[]) => {
  const harness = detectorHarness(threshold, { config: { field: 'attributes.ms', window: '6s', ...config } })
  harness.feed(values(...perSecond))
  return harness.advance(start + perSecond.length * 1000).alerts
}

describe('threshold', () => {
  const calm = flat(10, 20)
  const busy = flat(500, 10)

  it.each([
    ['mean', { aggregate: 'mean', above: 200 }],
    ['min', { aggregate: 'min', above: 200 }],
    ['max', { aggregate: 'max', above: 200 }],
    ['sum', { aggregate: 'sum', above: 1200 }],
    ['quantile', { aggregate: 'quantile', quantile: 0.9, above: 200 }],
  ])('alerts while the %s is above its bound', (_, config) => {
    expect(run(config, ...calm, ...busy, ...calm).map(({ key, state = 'firing' }) => [key, state])).toEqual([
      ['above', 'firing'],
      ['above', 'resolved'],
    ])
  })

  it.each([
    ['count', { aggregate: 'count', above: 3 }, [...flat(10, 5)], 4],
    ['sum', { aggregate: 'sum', above: 35 }, [...flat(10, 5)], 4],
    ['max', { aggregate: 'max', above: 200 }, [10, 300], 2],
    ['min', { aggregate: 'min', below: 5 }, [10, 10, 1], 3],
  ])('does not wait for a window when the %s is beyond its bound already', (_, config, seen, second) => {
    const alerts = run(config, ...seen)
    const windowEnd = start + 6000
    expect(alerts.map(({ time, state = 'firing' }) => [(time - start) / 1000, state])).toEqual([[second, 'firing']])
    expect(alerts[0]?.windowEnd).toBeLessThanOrEqual(windowEnd)
  })

  it.each([
    ['mean', { aggregate: 'mean', above: 5 }],
    ['min', { aggregate: 'min', above: 5 }],
    ['count', { aggregate: 'count', below: 100 }],
  ])('waits for a window where the %s may still change its mind', (_, config) => {
    expect(run(config, ...flat(10, 5))).toEqual([])
    expect(run(config, ...flat(10, 8))).toHaveLength(1)
  })

  it('says what was seen, what is allowed, and shows the worst record', () => {
    const [alert] = run({ aggregate: 'max', above: 200 }, ...calm, 300, 700, 300, ...calm)
    expect(alert).toMatchObject({ observed: 300, expected: 'at most 200', samples: ['took 300'] })
    expect(alert?.title).toBe('max of ms is 300 over 6s (above 200)')
  })

  it('alerts when the figure is below its bound, and when records stop coming', () => {
    expect(run({ aggregate: 'mean', below: 5 }, ...calm, ...flat(1, 10))).toMatchObject([{ key: 'below', observed: 4 }])
    const harness = detectorHarness(threshold, { config: { below: 3, window: '6s' } })
    harness.feed(values(...calm))
    expect(harness.advance(start + 40_000).alerts).toMatchObject([
      { key: 'below', title: 'count of records is 2 over 6s (below 3)' },
    ])
  })

  it('reads numbers written as text, and leaves other values out', () => {
    const odd = ['500', 'fast', '', '500', '500', '500', '500', '500', '500', '500']
    expect(run({ aggregate: 'min', above: 200 }, ...odd)).toMatchObject([{ key: 'above', observed: 500 }])
  })

  it('wants so many values before it compares', () => {
    expect(run({ aggregate: 'mean', above: 5, min_count: 100 }, ...calm)).toEqual([])
  })

  it('tells the operator what is missing', () => {
    expect(() => detectorHarness(threshold)).toThrow(
      expect.objectContaining({ message: 'a bound is missing', code: 'WEIR_DETECTOR_CONFIG', configPath: [] }),
    )
    expect(() => detectorHarness(threshold, { config: { aggregate: 'mean', above: 1 } })).toThrow(
      expect.objectContaining({ message: 'the aggregate mean needs a field', configPath: ['aggregate'] }),
    )
  })
})

describe('contract', () => {
  const inputs = values(...flat(10, 60), ...flat(900, 30), ...flat(10, 60))
  for (const config of [
    { field: 'attributes.ms', aggregate: 'quantile', above: 100, window: '12s' },
    { field: 'attributes.ms', aggregate: 'mean', above: 100, below: 5, window: '12s' },
  ]) {
    describe(config.aggregate, () => {
      for (const { name, run } of detectorContract(threshold, { inputs, config })) it(name, run)
    })
  }
})

it('judges a group that appears later from its first pane on, and none by the pane in which the log began', async () => {
  const config = { group_by: ['host'], below: 9, window: '1m' }
  const from = (host: string, start: number) =>
    repeated('x', 8, midnight + start, midnight + start + 9000).map((line) => ({ ...line, attributes: { host } }))
  const host = hosting({ detectors: { threshold: [threshold, config] } })
  await host.feed([...from('old', 4000), ...from('new', 610_000), ...from('old', 700_000)])
  const firing = (await host.finish()).filter(({ state }) => state === 'firing')
  expect(firing.map(({ group, time }) => [group.host, (time - midnight) / 1000])).toEqual([
    ['old', 70],
    ['new', 670],
  ])
})
