import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistinctSketch } from './distinct-sketch.ts'

const sketchOf = (texts: readonly string[]) => {
  const sketch = new DistinctSketch()
  for (const text of texts) sketch.add(text)
  return sketch
}

describe('DistinctSketch', () => {
  it.each([0, 1, 10, 100, 1000, 10_000, 200_000])('counts %i different values to a tenth', (count) => {
    const estimate = sketchOf(Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`)).count
    expect(Math.abs(estimate - count)).toBeLessThanOrEqual(count / 10)
  })

  it('counts what comes again once, merges, and is stored', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (some, others) => {
        const both = sketchOf([...some, ...others, ...some])
        const merged = sketchOf(some)
        merged.merge(DistinctSketch.from(sketchOf(others).snapshot()))
        expect(merged.snapshot()).toBe(both.snapshot())
        expect(merged.count).toBe(both.count)
      }),
    )
  })
})
