import { Saved } from '@weir/windows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Peaks } from './peaks.ts'
import { RankSketch } from './rank-sketch.ts'
import { SeriesScorer } from './series-scorer.ts'
import { sparkline } from './sparkline.ts'

const minute = 60_000
const start = Date.UTC(2026, 0, 5)
/** Deterministic noise in [-1, 1). */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 0x4000_0000 - 1
  }
}
/** A daily course: busy by day, quiet at night. */
const daily = (time: number) => 100 + 50 * Math.sin((time / 86_400_000) * 2 * Math.PI)

describe('SeriesScorer', () => {
  it('finds a value that is usual at another time of the day, and shows how seasonal the series is', () => {
    const scorer = new SeriesScorer()
    const random = noise(1)
    let highest = 0
    for (let point = 0; point < 12 * 288; point++) {
      const time = start + point * 5 * minute
      const score = scorer.next(time, daily(time) + random() * 3)
      if (point > 10 * 288) highest = Math.max(highest, score)
    }
    expect(scorer.seasonality.daily).toBeGreaterThan(0.9)
    const noon = start + 12 * 288 * 5 * minute
    let flat = 0
    for (let point = 0; point < 80; point++) flat = Math.max(flat, scorer.next(noon + point * 5 * minute, 100))
    expect(flat).toBeGreaterThan(highest)
    expect(flat).toBeGreaterThan(3)
  })

  it('is sure when a constant series moves, and calm while it does not', () => {
    const scorer = new SeriesScorer()
    for (let point = 0; point < 1000; point++) expect(scorer.next(start + point * minute, 42)).toBeLessThan(1)
    expect(scorer.next(start + 1000 * minute, 43)).toBeGreaterThan(3)
  })

  it('gets used to events that come again and again', () => {
    const scorer = new SeriesScorer()
    const peaks: number[] = []
    for (let point = 0; point < 4000; point++) {
      const isEvent = point % 100 === 99
      const score = scorer.next(start + point * minute, isEvent ? 10 : 0)
      if (isEvent) peaks.push(score)
    }
    expect(peaks.at(-1)).toBeLessThan(2.5)
    expect(Math.max(...peaks.slice(-20))).toBeLessThan(2.5)
  })

  it('does not mind gaps and irregular times', () => {
    const scorer = new SeriesScorer()
    const random = noise(2)
    let time = start
    let highest = 0
    for (let point = 0; point < 6000; point++) {
      time += (1 + Math.abs(random()) * 9) * minute
      if (point === 4000) time += 8 * 3600 * 1000
      const score = scorer.next(time, daily(time) + random() * 3)
      if (point > 3000) highest = Math.max(highest, score)
    }
    expect(highest).toBeLessThan(5)
    expect(scorer.next(time + minute, 500)).toBeGreaterThan(highest)
  })

  it('goes on where a snapshot was taken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100_000_000), fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 80 }),
        fc.nat(80),
        (points, at) => {
          const whole = new SeriesScorer()
          let parts = new SeriesScorer()
          for (const [index, [time, value]] of points.entries()) {
            if (index === at) {
              const saved = JSON.parse(JSON.stringify(parts.snapshot()))
              parts = new SeriesScorer()
              parts.restore(new Saved(saved))
            }
            expect(parts.next(time, value)).toBe(whole.next(time, value))
          }
        },
      ),
    )
  })
})

describe('RankSketch', () => {
  const sizes = fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 200 })

  it('counts what is at least as large, to a bin', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (all, size) => {
        const sketch = new RankSketch(1e6)
        for (const one of all) sketch.add(one)
        const count = (least: number) => all.filter((one) => one >= least).length
        expect(sketch.atLeast(size)).toBeLessThanOrEqual(count(size / 1.1))
        expect(sketch.atLeast(size)).toBeGreaterThanOrEqual(count(size))
      }),
    )
  })

  it('is bounded: forgets by halves, and keeps the shares', () => {
    const sketch = new RankSketch(1000)
    for (let n = 0; n < 10_000; n++) sketch.add(n % 10 === 0 ? 100 : 1)
    expect(sketch.count).toBeLessThan(1000)
    expect(sketch.atLeast(50) / sketch.count).toBeCloseTo(0.1, 1)
  })
})

describe('Peaks', () => {
  it('lets one event be seen once, and what rises above it', () => {
    const peaks = new Peaks({ threshold: 3, refractory: 4, warmup: 1 })
    expect([9, 2, 4, 4, 3, 5, 1, 5, 5, 5, 2, 4].map((score) => peaks.next(score))).toEqual([
      0, 2, 4, 0, 0, 5, 0, 0, 0, 5, 0, 0,
    ])
  })
})

describe('sparkline', () => {
  it('draws from the least to the greatest', () => {
    expect(sparkline([0, 1, 2, 7])).toBe('▁▂▃█')
    expect(sparkline([5, 5])).toBe('▁▁')
  })
})
