import { Saved } from '@weir/windows'
import { describe, expect, it } from 'vitest'
import { random } from '../testing/traffic.ts'
import { Creep, type Creeping } from './creep.ts'

/** A count of Poisson's distribution (Knuth). */
function poisson(mean: number, next: () => number): number {
  let count = 0
  for (let product = next(); product > Math.exp(-mean); product *= next()) count++
  return count
}

/** Feeds windows; returns what creeps, with the number of the window. */
function feed(
  creep: Creep,
  means: readonly number[],
  expected: number,
  seed: number,
): { at: number; found: Creeping }[] {
  const next = random(seed)
  return means.flatMap((mean, at) => {
    const found = creep.next(at, poisson(mean, next), expected)
    return found === undefined ? [] : [{ at, found }]
  })
}

const still = (windows: number, mean: number): number[] => Array.from({ length: windows }, () => mean)

describe('what creeps up', () => {
  it('is noticed once, from about when it began, and over some time after it has ended', () => {
    const creep = new Creep(5)
    const means = [...still(300, 2), ...Array.from({ length: 60 }, (_, index) => 2 + index / 20)]
    const [first, ...others] = feed(creep, means, 2, 1)
    expect(others).toEqual([])
    expect(first?.at).toBeGreaterThan(300)
    expect(first?.at).toBeLessThan(350)
    expect(first?.found.since).toBeGreaterThan(280)
    expect(first?.found.ratio).toBeGreaterThan(1.5)
    expect(creep.isOn).toBe(true)
    feed(creep, still(40, 2), 2, 2)
    expect(creep.isOn).toBe(false)
  })

  it.each([0.05, 0.5, 5, 40])('is not what varies by chance around %d, for a month of minutes', (mean) => {
    expect(feed(new Creep(5), still(43_200, mean), mean, 7)).toEqual([])
  })

  it('must be more where counts have always varied', () => {
    const restless = Array.from({ length: 6000 }, (_, index) => 4 * (1 + 0.4 * Math.sin(index / 40)))
    expect(feed(new Creep(5), restless, 4, 3).filter(({ at }) => at > 2000)).toEqual([])
  })

  it('is not a single window, whatever came in it', () => {
    expect(new Creep(5).next(0, 1000, 1)).toBeUndefined()
  })

  it('goes on after a restart', () => {
    const means = [...still(100, 2), ...still(40, 4)]
    const whole = new Creep(5)
    const expected = feed(whole, means, 2, 4)
    const next = random(4)
    let creep = new Creep(5)
    const found = means.flatMap((mean, at) => {
      const one = creep.next(at, poisson(mean, next), 2)
      const saved = new Saved(JSON.parse(JSON.stringify(creep.snapshot())))
      creep = new Creep(5)
      creep.restore(saved)
      return one === undefined ? [] : [{ at, found: one }]
    })
    expect(found).toEqual(expected)
    expect(found).toHaveLength(1)
  })
})
