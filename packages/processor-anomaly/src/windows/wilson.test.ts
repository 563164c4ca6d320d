import { expect, it } from 'vitest'
import { wilsonInterval } from './wilson.ts'

it.each([
  ['a tenth of many is about a tenth', 100, 1000, 0.083, 0.12],
  ['half of ten may be a quarter or three', 5, 10, 0.237, 0.763],
  ['none of ten may be more than a quarter', 0, 10, 0, 0.278],
  ['all of three may be less than half', 3, 3, 0.438, 1],
  ['nothing says nothing', 0, 0, 0, 1],
])('%s', (_, seen, all, low, high) => {
  const interval = wilsonInterval(seen, all)
  expect(interval.low).toBeCloseTo(low, 2)
  expect(interval.high).toBeCloseTo(high, 2)
})
