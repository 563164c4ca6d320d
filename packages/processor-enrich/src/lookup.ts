import type { AttributeValue } from '@weir/sdk'

/** Attributes that a value leads to. */
export type Found = readonly (readonly [name: string, value: AttributeValue])[]

/** Knows something about values. */
export interface Lookup {
  /** What is known of a value; nothing if that is nothing. */
  find(text: string): Found
}

/** Values that are remembered with what was found: addresses and user agents come again and again. */
const maxRemembered = 65_536

/** A lookup that remembers. */
export class RememberingLookup implements Lookup {
  readonly #lookup: Lookup
  #recent = new Map<string, Found>()
  #older = new Map<string, Found>()

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  find(text: string): Found {
    const known = this.#recent.get(text)
    if (known !== undefined) return known
    const found = this.#older.get(text) ?? this.#lookup.find(text)
    if (this.#recent.size >= maxRemembered / 2) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(text, found)
    return found
  }

  /** What is known may be another. */
  forget(): void {
    this.#recent = new Map()
    this.#older = new Map()
  }
}
