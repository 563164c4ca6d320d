import { Buffer } from 'node:buffer'
import {
  type AttributeValue,
  Cell,
  endOf,
  type FieldReader,
  fieldReader,
  fieldSlot,
  kindOf,
  type Layout,
  type Record,
  textOf,
} from '@weir/sdk'

const [offsetBasis, prime] = [0x811c9dc5, 0x01000193]

/** FNV-1a over bytes, mixed at the end (fmix32 of MurmurHash3) so that its high bits are as good as its low ones. */
function hashBytes(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = offsetBasis ^ seed
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), prime)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * A number from 0 to 1 for each value of a field, the same in every process: of its text as UTF-8. Where a record has no
 * such field it is of the record's body.
 */
export class FieldHash {
  readonly #slotOf: (layout: Layout) => number
  readonly #read: FieldReader
  readonly #seed: number
  #bytes = Buffer.allocUnsafe(1024)

  constructor(path: string, seed: number) {
    this.#slotOf = fieldSlot(path)
    this.#read = fieldReader(path)
    this.#seed = seed
  }

  of(record: Record): number {
    return (this.#ofColumn(record) ?? this.#ofValue(this.#read(record) ?? record.body)) / 0x1_0000_0000
  }

  /** Of a text that is a range of the bytes, without making it. */
  #ofColumn({ batch, row }: Record): number | undefined {
    const slot = this.#slotOf(batch.layout)
    if (slot < 0 || slot >= batch.stride) return undefined
    const at = (row * batch.stride + slot) * 2
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    return kindOf(b) === Cell.STRING ? hashBytes(batch.bytes, batch.cells[at] ?? 0, endOf(b), this.#seed) : undefined
  }

  #ofValue(value: AttributeValue | undefined): number {
    const text = textOf(value)
    if (text.length * 3 > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(text.length * 3)
    return hashBytes(this.#bytes, 0, this.#bytes.write(text), this.#seed)
  }
}
