import type { Buffer } from 'node:buffer'
import { Layout } from '@weir/sdk'

/** The name of an attribute as it stands in requests, and the slot of its values. */
class AttributeKey {
  readonly slot: number
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  /** The key that came after it last time: records of one program have their attributes in the same order. */
  next: AttributeKey | undefined
  /** The next key of the same hash. */
  chain: AttributeKey | undefined

  constructor(bytes: Uint8Array, slot: number) {
    this.slot = slot
    this.length = bytes.length
    this.#bytes = bytes
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getInt32(index * 4, true))
  }

  /** Whether its bytes stand at `from`; that as many bytes are there is known. */
  isAt(bytes: Buffer, view: DataView, from: number): boolean {
    const words = this.#words
    let at = from
    for (let index = 0; index < words.length; index++, at += 4) {
      if (view.getInt32(at, true) !== words[index]) return false
    }
    for (let index = words.length * 4; index < this.length; index++, at++) {
      if (bytes[at] !== this.#bytes[index]) return false
    }
    return true
  }
}

const buckets = 256

/** Finds the column of an attribute by the bytes of its name, without making a string of it. */
export class AttributeKeys {
  readonly layout = new Layout()
  /** Stands before the first attribute of a record. */
  readonly start = new AttributeKey(new Uint8Array(0), -1)
  readonly #chains: (AttributeKey | undefined)[] = new Array(buckets).fill(undefined)

  /** The key in `bytes[from…to)`, which follows `previous`; it is added if it is new. */
  find(bytes: Buffer, view: DataView, from: number, to: number, previous: AttributeKey): AttributeKey {
    const length = to - from
    const expected = previous.next
    if (expected !== undefined && expected.length === length && expected.isAt(bytes, view, from)) return expected
    let hash = length
    for (let at = from; at < to; at++) hash = Math.imul(hash, 31) + (bytes[at] ?? 0)
    const bucket = (hash ^ (hash >>> 15)) & (buckets - 1)
    let key = this.#chains[bucket]
    while (key !== undefined && !(key.length === length && key.isAt(bytes, view, from))) key = key.chain
    if (key === undefined) {
      key = new AttributeKey(
        Uint8Array.from(bytes.subarray(from, to)),
        this.layout.addAttribute(bytes.toString('utf8', from, to)),
      )
      key.chain = this.#chains[bucket]
      this.#chains[bucket] = key
    }
    previous.next = key
    return key
  }
}

export type { AttributeKey }

/** Programs whose attributes are remembered. */
const maxPrograms = 256

/** The keys of the attributes of each program: of a service and a scope, since what these log is alike. */
export class Programs {
  readonly #keys = new Map<string, AttributeKeys>()

  /** The keys of a program; new ones when there have been too many columns. */
  keysOf(program: string): AttributeKeys {
    const known = this.#keys.get(program)
    if (known !== undefined && !known.layout.isCrowded) return known
    if (this.#keys.size >= maxPrograms) this.#keys.clear()
    const keys = new AttributeKeys()
    this.#keys.set(program, keys)
    return keys
  }
}
