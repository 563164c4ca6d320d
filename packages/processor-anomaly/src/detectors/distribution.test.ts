import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { random } from '../testing/traffic.ts'
import { distribution } from './distribution.ts'

const start = Date.UTC(2026, 0, 1)
const minute = 60_000
/** Records of a minute, 200 of them, drawn from these values. */
function minutes(count: number, from: number, values: readonly (string | number)[]) {
  const next = random(from + 1)
  return Array.from({ length: count * 200 }, (_, n) => ({
    time: start + from * minute + n * 300,
    attributes: { value: values[Math.floor(next() * values.length)] ?? '' },
  }))
}
const options = { field: 'attributes.value', window: '1m' }
const run = (config: object, inputs: ReturnType<typeof minutes>) => {
  const harness = detectorHarness(distribution, { config: { ...options, ...config } })
  harness.feed([...inputs])
  return harness.advance((inputs.at(-1)?.time ?? 0) + minute).alerts
}
const usual = ['200', '200', '200', '200', '200', '304', '404']

describe('distribution', () => {
  it('reports a shift, which values make it, and when it is over', () => {
    const inputs = [
      ...minutes(20, 0, usual),
      ...minutes(2, 20, [...usual, '503', '503', '503', '503']),
      ...minutes(10, 22, usual),
    ]
    const alerts = run({}, inputs)
    expect(alerts).toMatchObject([{ time: start + 21 * minute }, { state: 'resolved', time: start + 23 * minute }])
    expect(alerts[0]?.title).toMatch(/^value is shared out differently: 503 3\d % \(usually 0 %\)$/)
  })

  it('says nothing about what is usual, about few records, or about a shift that is too small to matter', () => {
    expect(run({}, minutes(120, 0, usual))).toEqual([])
    expect(run({ min_records: 500 }, [...minutes(20, 0, usual), ...minutes(4, 20, ['503'])])).toEqual([])
    expect(run({ min_distance: 0.9 }, [...minutes(20, 0, usual), ...minutes(4, 20, [...usual, '503'])])).toEqual([])
  })

  it('sees numbers by their size, and takes what stays as usual', () => {
    const inputs = [...minutes(20, 0, [1.5, 2.5, 3.5]), ...minutes(30, 20, [150.5, 250.5])]
    const alerts = run({}, inputs)
    expect(alerts.map(({ state = 'firing' }) => state)).toEqual(['firing', 'resolved'])
    expect(alerts[0]?.title).toBe('value is shared out differently: above 3.5 100 % (usually 0 %)')
  })

  it('sees a service get slower by a third, and says by how much', () => {
    const latencies = Array.from({ length: 40 }, (_, n) => 1000 * 1.05 ** n + 0.5)
    const slower = latencies.map((latency) => latency * 1.33)
    const alerts = run({ min_distance: 0.1 }, [...minutes(60, 0, latencies), ...minutes(3, 60, slower)])
    expect(alerts[0]).toMatchObject({ time: start + 61 * minute })
    const { median, usual_median: usualMedian, p95, usual_p95: usualP95 } = alerts[0]?.evidence ?? {}
    expect(Number(median) / Number(usualMedian)).toBeCloseTo(1.33, 0)
    expect(Number(usualMedian)).toBeGreaterThan(2400)
    expect(Number(usualMedian)).toBeLessThan(2900)
    expect(Number(p95)).toBeGreaterThan(Number(usualP95))
    expect(run({ min_distance: 0.1 }, minutes(120, 0, latencies))).toEqual([])
  })
})

describe('contract', () => {
  const inputs = [...minutes(10, 0, usual), ...minutes(2, 10, ['503']), ...minutes(3, 12, usual)]
  for (const { name, run: check } of detectorContract(distribution, { inputs, config: options })) it(name, check)
})
