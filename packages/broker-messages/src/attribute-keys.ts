import { Buffer } from 'node:buffer'
import type { Layout } from '@weir/sdk'
import { endOfString, standsAt } from './json-text.ts'

interface Key {
  /** As it stands in the text, from quote to colon. */
  readonly text: Uint8Array
  readonly slot: number
}

const colon = 0x3a
/** Keys that a record may lack before one is looked up by its name. */
const reach = 4

/** Names of attributes as they stand in JSON, and their columns. Records have theirs in about the same order. */
export class AttributeKeys {
  /** Of the key that was read last. */
  slot = -1
  readonly #layout: Layout
  readonly #keys: Key[] = []
  readonly #places = new Map<string, number>()
  #next = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** A record begins. */
  rewind(): void {
    this.#next = 0
  }

  /** Reads the key at an offset, colon included; returns the offset after it, or -1. */
  read(bytes: Buffer, at: number, to: number): number {
    const keys = this.#keys
    const last = Math.min(keys.length, this.#next + reach)
    for (let index = this.#next; index < last; index++) {
      const known = keys[index]
      if (known === undefined || !standsAt(bytes, at, known.text)) continue
      this.#next = index + 1
      this.slot = known.slot
      return at + known.text.length
    }
    return this.#find(bytes, at, to)
  }

  #find(bytes: Buffer, at: number, to: number): number {
    const end = endOfString(bytes, at + 1, to)
    if (end < 0 || bytes[end + 1] !== colon) return -1
    const text = bytes.toString('latin1', at, end + 2)
    let place = this.#places.get(text)
    if (place === undefined) {
      const name: string = JSON.parse(bytes.toString('utf8', at, end + 1))
      place = this.#keys.length
      this.#keys.push({ text: new Uint8Array(Buffer.from(text, 'latin1')), slot: this.#layout.addAttribute(name) })
      this.#places.set(text, place)
    }
    this.#next = place + 1
    this.slot = this.#keys[place]?.slot ?? -1
    return end + 2
  }
}
