import type { AttributeMap, AttributeValue } from '@weir/sdk'

const isMap = (value: AttributeValue | undefined): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads what a snapshot holds. What is missing or of another type reads as empty: state from outside is never trusted. */
export class Saved {
  readonly #map: AttributeMap
  readonly #isEmpty: boolean

  constructor(value: AttributeValue | undefined) {
    this.#map = isMap(value) ? value : {}
    this.#isEmpty = value === undefined
  }

  /** There is nothing. What is there and no map is not nothing: it reads as a version that nobody knows. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  value(key: string): AttributeValue | undefined {
    return Object.hasOwn(this.#map, key) ? this.#map[key] : undefined
  }

  number(key: string, otherwise: number): number {
    const value = this.value(key)
    return typeof value === 'number' ? value : otherwise
  }

  text(key: string): string {
    const value = this.value(key)
    return typeof value === 'string' ? value : ''
  }

  flag(key: string): boolean {
    return this.value(key) === true
  }

  map(key: string): AttributeMap {
    const value = this.value(key)
    return isMap(value) ? value : {}
  }

  child(key: string): Saved {
    return new Saved(this.value(key))
  }

  numbers(key: string): number[] {
    return this.values(key).filter((value) => typeof value === 'number')
  }

  texts(key: string): string[] {
    return this.values(key).filter((value) => typeof value === 'string')
  }

  values(key: string): AttributeValue[] {
    const value = this.value(key)
    return Array.isArray(value) ? value : []
  }

  children(key: string): Saved[] {
    return this.values(key).map((value) => new Saved(value))
  }
}

/** A time that may be unknown or infinite, as JSON holds it. */
export const savedTime = (time: number): number | null => (Number.isFinite(time) ? time : null)
