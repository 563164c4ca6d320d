import { expect, it } from 'vitest'
import { markOf } from './mark.ts'
import { extendTrail, type Trail } from './trail.ts'

it('covers a file from its beginning to its end, the more closely the nearer the end', () => {
  const trail: Trail = []
  const anchor = markOf(new Uint8Array())
  for (let offset = 0; offset <= 1 << 20; offset += 64) extendTrail(trail, { offset, anchor })
  const distances = trail.map(({ offset }) => (1 << 20) - offset)
  expect(distances.length).toBeLessThanOrEqual(12)
  expect(distances.at(-1)).toBe(0)
  expect(distances[0]).toBe(1 << 20)
  expect(distances).toEqual(distances.toSorted((one, other) => other - one))
  for (const [index, distance] of distances.slice(0, -3).entries()) {
    expect(distance / (distances[index + 1] ?? 1)).toBeLessThan(16)
  }
})
