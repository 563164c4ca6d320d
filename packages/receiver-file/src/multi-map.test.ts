import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MultiMap } from './multi-map.ts'

it('has the values that were added and not deleted, each once', () => {
  const values = [{ id: 0 }, { id: 1 }, { id: 2 }]
  const step = fc.record({ isAdded: fc.boolean(), key: fc.nat(1), value: fc.constantFrom(...values) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new MultiMap<number, object>()
      const expected = new Map([0, 1].map((key) => [key, new Set<object>()]))
      for (const { isAdded, key, value } of steps) {
        if (isAdded) map.add(key, value)
        else map.delete(key, value)
        if (isAdded) expected.get(key)?.add(value)
        else expected.get(key)?.delete(value)
      }
      for (const [key, members] of expected) {
        expect(new Set(map.get(key))).toEqual(members)
        expect([...map.get(key)].length).toBe(members.size)
        expect(map.has(key)).toBe(members.size > 0)
        expect(map.isShared(key)).toBe(members.size > 1)
      }
    }),
  )
})
