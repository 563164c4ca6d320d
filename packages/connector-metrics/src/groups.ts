import {
  type AttributeMap,
  type AttributeValue,
  attributeMap,
  type FieldReader,
  fieldReader,
  type Record,
  textOf,
} from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

/** Key of the series that takes what there is no room for. */
export const overflow = '\0overflow'
const overflowAttributes = attributeMap([['otel.metric.overflow', true]])

interface Group {
  readonly attributes: AttributeMap
  /** Event time of its latest record. */
  seenAt: number
}

/** Name of the attribute that a field becomes. */
const nameOf = (path: string): string => path.replace(/^(attributes|resource)\./, '')

/** The series of a metric, bounded: the one that was not seen for longest makes room. */
export class Groups {
  readonly #names: readonly string[]
  readonly #readers: readonly FieldReader[]
  readonly #limit: number
  readonly #onEvict: (key: string) => void
  /** Least recently seen first. */
  readonly #groups = new Map<string, Group>()
  #last: Group | undefined
  #lastKey = ''

  /** @param onEvict told that a series had to make room, before it is forgotten */
  constructor(paths: readonly string[], limit: number, onEvict: (key: string) => void) {
    this.#names = paths.map(nameOf)
    this.#readers = paths.map(fieldReader)
    this.#limit = limit
    this.#onEvict = onEvict
    if (paths.length === 0) this.#add('', attributeMap(), Number.POSITIVE_INFINITY)
  }

  get keys(): Iterable<string> {
    return this.#groups.keys()
  }

  attributesOf(key: string): AttributeMap {
    return key === overflow ? overflowAttributes : (this.#groups.get(key)?.attributes ?? attributeMap())
  }

  /** The key of a record's series, which has now been seen. */
  keyOf(record: Record, time: number): string {
    if (this.#readers.length === 0) return ''
    const [first] = this.#readers
    const values = this.#readers.length === 1 ? [first?.(record)] : this.#readers.map((read) => read(record))
    const key = values.length === 1 ? keyOf(values[0]) : values.map(keyOf).join('\0')
    if (key === this.#lastKey && this.#last !== undefined) {
      if (time > this.#last.seenAt) this.#last.seenAt = time
      return key
    }
    const group = this.#groups.get(key)
    if (group === undefined) {
      this.#makeRoom()
      this.#add(key, attributeMap(this.#named(values)), time)
    } else {
      this.#groups.delete(key)
      this.#groups.set(key, group)
      if (time > group.seenAt) group.seenAt = time
      this.#last = group
      this.#lastKey = key
    }
    return key
  }

  /** Forgets the series that nothing has come for since `time`. */
  expire(time: number): void {
    for (const [key, { seenAt }] of this.#groups) {
      if (seenAt >= time) return
      this.#forget(key)
    }
  }

  snapshot(): AttributeValue {
    return [...this.#groups].map(([key, { attributes, seenAt }]) => ({ key, attributes, seenAt: savedTime(seenAt) }))
  }

  restore(saved: readonly Saved[]): void {
    for (const entry of saved) {
      this.#add(entry.text('key'), entry.map('attributes'), entry.number('seenAt', Number.POSITIVE_INFINITY))
    }
  }

  *#named(values: readonly (AttributeValue | undefined)[]): Iterable<readonly [string, AttributeValue]> {
    for (const [index, name] of this.#names.entries()) {
      const value = values[index]
      if (value !== undefined) yield [name, value]
    }
  }

  #add(key: string, attributes: AttributeMap, seenAt: number): void {
    const group = { attributes, seenAt }
    this.#groups.set(key, group)
    this.#last = group
    this.#lastKey = key
  }

  #makeRoom(): void {
    if (this.#groups.size < this.#limit) return
    const [oldest] = this.#groups.keys()
    if (oldest === undefined) return
    this.#onEvict(oldest)
    this.#forget(oldest)
  }

  #forget(key: string): void {
    this.#groups.delete(key)
    if (key === this.#lastKey) this.#last = undefined
  }
}

/** Tells a value that is missing from one that is empty, and `1` from `"1"`. */
const keyOf = (value: AttributeValue | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? `"${value}` : textOf(value)
