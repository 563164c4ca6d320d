import { bucketOf } from '@weir/windows'
import { expect, it } from 'vitest'
import { type Category, CategoryCounts, UsualShares } from './shares.ts'

function counts(...given: readonly (readonly [Category, number])[]): CategoryCounts {
  const all = new CategoryCounts()
  for (const [category, count] of given) all.add(category, count)
  return all
}
/** Sizes that grow by a tenth, with so many of each. */
const sizes = (weights: readonly number[], first = 100) =>
  counts(...weights.map((weight, index): [number, number] => [bucketOf(first * 1.1 ** index), weight]))

it('tells sizes apart by the tenths of the usual ones, one of which may have most of them', () => {
  const usual = new UsualShares()
  usual.learn(sizes([60, ...new Array<number>(20).fill(2)]))
  // The last of the usual sizes, which have 4 % in all, get 40 %: that is a tenth of its own.
  const { shifts } = usual.distance(sizes([24, ...new Array<number>(18).fill(2), 20, 20]))
  expect(shifts.length).toBeLessThanOrEqual(10)
  expect(shifts[0]).toMatchObject({ share: expect.closeTo(0.44, 1), usual: expect.closeTo(0.1, 1) })
  expect(usual.distance(sizes([60, ...new Array<number>(20).fill(2)])).distance).toBeCloseTo(0, 6)
})

it('has a place for what is beyond all that is usual, and for words beside sizes', () => {
  const usual = new UsualShares()
  usual.learn(counts(['none', 1], [bucketOf(100), 1]))
  const { distance, shifts } = usual.distance(sizes([1], 5000))
  expect(distance).toBeCloseTo(1, 6)
  expect(shifts.map(({ category }) => category).toSorted()).toEqual(['above 100', 'none', 'up to 100'])
})
