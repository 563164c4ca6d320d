import type { Layout } from '@weir/sdk'
import { maskOf } from './byte.ts'
import { page, pageText, pageWords } from './page.ts'
import { Role, type Roles } from './well-known-keys.ts'

const bytes = page
const words = pageWords

/** A key as it stands in the input, and where its values go. */
export class Key {
  readonly name: string
  readonly length: number
  /** Its bytes; the first eight also as two words, with the bits of them that count. */
  readonly raw: Uint8Array
  readonly #first: number
  readonly #firstMask: number
  readonly #second: number
  readonly #secondMask: number
  readonly role: number
  readonly rank: number
  /** Slot of its attribute; -1 until a key with a role needs one. */
  slot: number
  /** The key that came after it last time: records of one program have their keys in the same order. */
  next: Key | undefined = undefined
  /** The next key of the same hash. */
  chain: Key | undefined = undefined

  constructor(name: string, raw: Uint8Array, role: number, rank: number, slot: number) {
    this.name = name
    this.length = raw.length
    this.raw = raw
    const view = new DataView(new ArrayBuffer(8))
    for (let at = 0; at < 8 && at < raw.length; at++) view.setUint8(at, raw[at] ?? 0)
    this.#first = view.getInt32(0, true)
    this.#second = view.getInt32(4, true)
    this.#firstMask = maskOf(raw.length)
    this.#secondMask = maskOf(raw.length - 4)
    this.role = role
    this.rank = rank
    this.slot = slot
  }

  /** Whether its bytes stand on the page at `from`. */
  isAt(from: number): boolean {
    if (
      (words.getInt32(from, true) & this.#firstMask) !== this.#first ||
      (words.getInt32(from + 4, true) & this.#secondMask) !== this.#second
    ) {
      return false
    }
    const raw = this.raw
    for (let at = 8; at < raw.length; at++) if (raw[at] !== bytes[from + at]) return false
    return true
  }
}

const buckets = 1024

/** Finds the column of a key by its bytes. */
export class KeyTable {
  readonly layout: Layout
  readonly #roles: Roles
  readonly #chains: (Key | undefined)[] = new Array(buckets).fill(undefined)
  /** Those that were found by their bytes, in the order in which they came. */
  readonly found: Key[] = []
  /** Stands before the first key of a record. */
  readonly start = new Key('', new Uint8Array(0), Role.ATTRIBUTE, 0, -1)

  constructor(layout: Layout, roles: Roles) {
    this.layout = layout
    this.#roles = roles
  }

  /** The key in `bytes[from…to)` after `previous`, added if it is new; `decode` gives the name of a new one. */
  find(from: number, to: number, previous: Key, decode: (text: string) => string): Key {
    const expected = previous.next
    if (expected !== undefined && expected.length === to - from && expected.isAt(from)) return expected
    let hash = to - from
    for (let at = from; at < to; at++) hash = Math.imul(hash, 31) + (bytes[at] ?? 0)
    const bucket = (hash ^ (hash >>> 15)) & (buckets - 1)
    let key = this.#chains[bucket]
    while (key !== undefined && !(key.length === to - from && key.isAt(from))) key = key.chain
    if (key === undefined) {
      key = this.#make(decode(pageText(from, to)), bytes.slice(from, to))
      key.chain = this.#chains[bucket]
      this.#chains[bucket] = key
      this.found.push(key)
    }
    previous.next = key
    return key
  }

  /** A key of that name that is found by other means than its bytes. */
  of(name: string): Key {
    return this.#make(name, new Uint8Array(0))
  }

  /** The slot of a key's attribute. */
  slotOf(key: Key): number {
    if (key.slot < 0) key.slot = this.layout.addAttribute(this.#roles.attributeOf(key.name))
    return key.slot
  }

  #make(name: string, raw: Uint8Array): Key {
    const { role, rank } = this.#roles.of(name)
    const slot = role === Role.ATTRIBUTE ? this.layout.addAttribute(this.#roles.attributeOf(name)) : -1
    return new Key(name, raw, role, rank, slot)
  }
}
