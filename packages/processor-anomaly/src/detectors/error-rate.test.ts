import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { inOrder, midnight, minute, quiet, repeated } from '../testing/traffic.ts'
import { errorRate } from './error-rate.ts'

const at = midnight + 40 * minute
const burst = (count: number, minutes: number) =>
  repeated('charge failed: upstream timed out', count, at, at + minutes * minute, 17)

describe('error_rate', () => {
  it('reports a burst once, with shares and samples, and its end', () => {
    const { alerts } = detectorHarness(errorRate).feed(inOrder([...quiet({ seed: 1, minutes: 60 }), ...burst(90, 3)]))
    expect(alerts.map(({ state = 'firing' }) => state)).toEqual(['firing', 'resolved'])
    const [alert] = alerts
    expect(alert?.title).toMatch(/^error rate \d+ % \(usually [\d.]+ %\)$/)
    expect(alert?.time).toBeLessThanOrEqual(at + minute)
    expect(alert?.evidence?.interval).toMatch(/^[\d.]+ % to [\d.]+ %$/)
    expect(alert?.samples).toContain('charge failed: upstream timed out')
  })

  it('calls a tenth or more of all records critical', () => {
    const { alerts } = detectorHarness(errorRate).feed(inOrder([...quiet({ seed: 1, minutes: 60 }), ...burst(600, 3)]))
    expect(alerts[0]).toMatchObject({ severity: 'critical' })
  })

  it('counts warnings too if it is told to', () => {
    const lines = inOrder([...quiet({ seed: 1, minutes: 60 }), ...repeated('slow', 200, at, at + minute, 13)])
    expect(detectorHarness(errorRate).feed(lines).alerts).toEqual([])
    expect(detectorHarness(errorRate, { config: { min_severity: 13 } }).feed(lines).alerts).toHaveLength(2)
  })

  it('notices soon that errors creep up to five times what is usual, and says since when and when it is over', () => {
    const begins = midnight + 12 * 60 * minute
    const creeping = Array.from({ length: 150 }, (_, index) =>
      repeated('charge failed', Math.round(index / 40), begins + index * minute, begins + (index + 1) * minute, 17),
    ).flat()
    const lines = inOrder([...quiet({ seed: 4, minutes: 18 * 60, perMinute: 60 }), ...creeping])
    const { alerts } = detectorHarness(errorRate).feed(lines)
    const [first, ...others] = alerts.filter(({ key }) => key === 'sustained')
    expect(first?.title).toMatch(/^error rate \d+ % over \d+m.* \(usually [\d.]+ %\)$/)
    expect(first?.time).toBeGreaterThan(begins)
    expect(first?.time).toBeLessThan(begins + 75 * minute)
    expect(Math.abs((first?.windowStart ?? 0) - begins)).toBeLessThan(40 * minute)
    expect(others.map(({ state }) => state)).toEqual(['resolved'])
    expect(others[0]?.time).toBeGreaterThan(begins + 150 * minute)
  })

  it('takes an error or two in a quiet log for chance', () => {
    const lines = [
      ...quiet({ seed: 2, minutes: 600, perMinute: 2, errors: 0 }),
      ...repeated('oops', 4, at, at + minute, 17),
    ]
    expect(detectorHarness(errorRate).feed(inOrder(lines)).alerts).toEqual([])
  })

  it('raises no false alarm in three weeks of traffic with errors', () => {
    for (const [seed, errors] of [
      [11, 0.002],
      [12, 0.02],
      [13, 0.3],
    ] as const) {
      const lines = quiet({ seed, minutes: 7 * 24 * 60, perMinute: 8, errors })
      expect(detectorHarness(errorRate).feed(lines).alerts).toEqual([])
    }
  })
})

describe('contract', () => {
  const inputs = inOrder([
    ...quiet({ seed: 5, minutes: 30, perMinute: 60, errors: 0.05 }),
    ...repeated('x', 60, midnight + 20 * minute, midnight + 21 * minute, 17),
  ])
  for (const { name, run } of detectorContract(errorRate, { inputs })) it(name, run)
})
