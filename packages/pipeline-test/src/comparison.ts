import { type AttributeMap, type AttributeValue, readPath } from '@weir/sdk'

const isMap = (value: unknown): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value of a key; flat and nested keys read alike. */
const at = (map: AttributeMap, key: string): AttributeValue | undefined =>
  Object.hasOwn(map, key) ? map[key] : readPath(map, key)

/** Whether two values are the same, maps in any order. */
export function isSame(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(found) &&
      expected.length === found.length &&
      expected.every((item, index) => isSame(item, found[index]))
    )
  }
  if (!isMap(expected)) return Object.is(expected, found)
  if (!isMap(found)) return false
  const keys = Object.keys(expected)
  return (
    keys.length === Object.keys(found).length &&
    keys.every((key) => Object.hasOwn(found, key) && isSame(expected[key], found[key]))
  )
}

/** How much of what is expected is found, 0 to 1: maps may hold more than is expected of them. */
export function likeness(expected: unknown, found: unknown): number {
  if (!isMap(expected)) return isSame(expected, found) ? 1 : 0
  if (!isMap(found)) return 0
  const keys = Object.keys(expected)
  if (keys.length === 0) return 1
  return keys.reduce((sum, key) => sum + likeness(expected[key], at(found, key)), 0) / keys.length
}

/** What is found, of the keys that something is expected of alone, and under the names that were expected. */
export function onlyExpected(expected: unknown, found: unknown): unknown {
  if (!isMap(expected) || !isMap(found)) return found
  return Object.fromEntries(
    Object.keys(expected).flatMap((key) => {
      const value = at(found, key)
      return value === undefined ? [] : [[key, onlyExpected(expected[key], value)]]
    }),
  )
}

/** The same value with its keys in the order of what is expected, so that a difference shows no more than there is. */
export function inOrderOf(expected: unknown, found: unknown): unknown {
  if (!isMap(expected) || !isMap(found)) return found
  const known = Object.keys(expected).filter((key) => Object.hasOwn(found, key))
  const others = Object.keys(found).filter((key) => !Object.hasOwn(expected, key))
  return Object.fromEntries([...known, ...others].map((key) => [key, inOrderOf(expected[key], found[key])]))
}
