/** What an attribute or a body can hold: JSON's values. Keys from outside, `__proto__` among them, are only ever data. */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | AttributeMap

export interface AttributeMap {
  [key: string]: AttributeValue
}

/** An attribute map without a prototype, so that no key can touch one. */
export const attributeMap = (entries: Iterable<readonly [string, AttributeValue]> = []): AttributeMap => {
  const map: AttributeMap = Object.create(null)
  for (const [key, value] of entries) map[key] = value
  return map
}

/** The value as text: a string as it is, anything else as JSON. */
export const textOf = (value: AttributeValue | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
