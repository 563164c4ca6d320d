import { type AttributeValue, parseDuration, textOf } from '@weir/sdk'

/** What an expression gives: `undefined` where a field is missing or a function does not fit its arguments. */
export type Value = AttributeValue | undefined

/** The value as a number: a number, or a text that is one. `NaN` for anything else. */
export const numberOf = (value: Value): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN

/** A number as a value: what is none is nothing. */
export const known = (value: number): Value => (Number.isFinite(value) ? value : undefined)

/** Whether two values are equal; a number and a text that is that number are. */
function equals(left: Value, right: Value): boolean {
  if (left === undefined || right === undefined) return false
  if (typeof left === 'number' || typeof right === 'number') return numberOf(left) === numberOf(right)
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, at) => equals(item, right[at]))
    )
  }
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equals(left[key], right[key]))
  )
}

/** An element of a list, by number, or of a map, by key. */
export function at(value: Value, index: Value): Value {
  if (Array.isArray(value)) return typeof index === 'number' ? value[index] : undefined
  return typeof value === 'object' && value !== null && typeof index === 'string' && Object.hasOwn(value, index)
    ? value[index]
    : undefined
}

/** Whether a list has the element, or a map the key. */
const includes = (collection: Value, item: Value): boolean =>
  Array.isArray(collection) ? collection.some((other) => equals(other, item)) : at(collection, item) !== undefined

/** What a macro goes through: the elements of a list, the keys of a map. */
export const itemsOf = (value: Value): AttributeValue[] | undefined =>
  Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.keys(value) : undefined

export type ConditionFunction = (...values: Value[]) => Value

const ordered =
  (holds: (left: number | string, right: number | string) => boolean): ConditionFunction =>
  (left, right) =>
    typeof left === 'string' && typeof right === 'string'
      ? holds(left, right)
      : (typeof left === 'number' || typeof right === 'number') && holds(numberOf(left), numberOf(right))
const numeric =
  (compute: (left: number, right: number) => number): ConditionFunction =>
  (left, right) =>
    known(compute(numberOf(left), numberOf(right)))
const sum = numeric((left, right) => left + right)

function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') return left + right
  return Array.isArray(left) && Array.isArray(right) ? [...left, ...right] : sum(left, right)
}

/** Operators with two operands that are both computed. */
export const operators: { readonly [operator: string]: ConditionFunction } = {
  '==': equals,
  '!=': (left, right) => !equals(left, right),
  '<': ordered((left, right) => left < right),
  '<=': ordered((left, right) => left <= right),
  '>': ordered((left, right) => left > right),
  '>=': ordered((left, right) => left >= right),
  '+': add,
  '-': numeric((left, right) => left - right),
  '*': numeric((left, right) => left * right),
  '/': numeric((left, right) => left / right),
  '%': numeric((left, right) => left % right),
  in: (item, collection) => includes(collection, item),
  '[]': at,
}

const onText =
  (apply: (text: string, ...values: Value[]) => Value): ConditionFunction =>
  (text, ...values) =>
    typeof text === 'string' ? apply(text, ...values) : undefined
const onTexts = (apply: (text: string, other: string) => Value): ConditionFunction =>
  onText((text, other) => (typeof other === 'string' ? apply(text, other) : undefined))
const onTime =
  (read: (time: Date) => number): ConditionFunction =>
  (time) =>
    typeof time === 'number' ? known(read(new Date(time))) : undefined

/** Characters of a text, elements of a list, keys of a map. */
function size(value: Value): Value {
  if (typeof value !== 'string') return itemsOf(value)?.length
  let count = 0
  for (const _ of value) count++
  return count
}

const truths: { readonly [text: string]: boolean } = {
  true: true,
  t: true,
  '1': true,
  false: false,
  f: false,
  '0': false,
}

/** Functions that are called by their name: `size(body)`. Instants and spans of time are milliseconds. */
export const functions: { readonly [name: string]: ConditionFunction } = {
  size,
  dyn: (value) => value,
  int: (value) => known(Math.trunc(numberOf(value))),
  double: (value) => known(numberOf(value)),
  string: (value) => (typeof value === 'object' ? undefined : value === undefined ? value : String(value)),
  bool: (value) =>
    typeof value === 'boolean' ? value : typeof value === 'string' ? truths[value.toLowerCase()] : undefined,
  timestamp: (value) => known(typeof value === 'string' ? Date.parse(value) : numberOf(value) * 1000),
  duration: onText((text) => parseDuration(text)),
}

/** Functions of a value: `body.startsWith("x")`. Times are UTC. */
export const methods: { readonly [name: string]: ConditionFunction } = {
  size,
  startsWith: onTexts((text, other) => text.startsWith(other)),
  endsWith: onTexts((text, other) => text.endsWith(other)),
  contains: onTexts((text, other) => text.includes(other)),
  indexOf: onTexts((text, other) => text.indexOf(other)),
  lastIndexOf: onTexts((text, other) => text.lastIndexOf(other)),
  lowerAscii: onText((text) => text.toLowerCase()),
  upperAscii: onText((text) => text.toUpperCase()),
  trim: onText((text) => text.trim()),
  split: onTexts((text, other) => text.split(other)),
  substring: onText((text, from, to) => text.slice(numberOf(from), to === undefined ? undefined : numberOf(to))),
  join: (list, separator) =>
    Array.isArray(list) ? list.map(textOf).join(typeof separator === 'string' ? separator : '') : undefined,
  getFullYear: onTime((time) => time.getUTCFullYear()),
  getMonth: onTime((time) => time.getUTCMonth()),
  getDate: onTime((time) => time.getUTCDate()),
  getDayOfMonth: onTime((time) => time.getUTCDate() - 1),
  getDayOfWeek: onTime((time) => time.getUTCDay()),
  getHours: onTime((time) => time.getUTCHours()),
  getMinutes: onTime((time) => time.getUTCMinutes()),
  getSeconds: onTime((time) => time.getUTCSeconds()),
  getMilliseconds: onTime((time) => time.getUTCMilliseconds()),
}
