import fc from 'fast-check'
import { expect, it } from 'vitest'
import { QuantileSketch } from './quantile-sketch.ts'
import { Saved } from './saved.ts'

const sketchOf = (values: readonly number[]) => {
  const sketch = new QuantileSketch()
  for (const value of values) sketch.add(value)
  return sketch
}

it('gives quantiles that are right to 1 %', () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const exact = values.toSorted((one, other) => one - other)[Math.floor(q * (values.length - 1))] ?? 0
      expect(Math.abs(sketchOf(values).quantile(q) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0101 + 1e-9)
    }),
  )
})

it('gives the same when it was put together from parts, or stored', () => {
  const [left, right] = [sketchOf([1, 5, 900]), sketchOf([-3, 0, 17, 18])]
  const whole = sketchOf([1, 5, 900, -3, 0, 17, 18])
  left.merge(right)
  const stored = QuantileSketch.from(new Saved(JSON.parse(JSON.stringify(left.snapshot()))))
  for (const q of [0, 0.3, 0.5, 0.9, 1])
    expect([left.quantile(q), stored.quantile(q)]).toEqual([whole.quantile(q), whole.quantile(q)])
})

it('knows that it knows nothing', () => {
  expect(new QuantileSketch().quantile(0.5)).toBeNaN()
})

it('stays bounded whatever it is given', () => {
  const values = Array.from({ length: 20_000 }, (_, index) => (index % 2 ? 1 : -1) * 1.03 ** (index % 3000) * 1e-8)
  const stored = new Saved(sketchOf(values).snapshot())
  expect(stored.values('buckets').length).toBeLessThanOrEqual(2049)
})
