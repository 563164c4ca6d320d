import { Buffer } from 'node:buffer'
import { ByteSource } from './json-writer.ts'
import type { Layout } from './layout.ts'

/** A piece of JSON that is written again and again: a range of `Literals`. */
export interface Literal {
  readonly from: number
  readonly to: number
}

/** Pieces of JSON as bytes, with room behind them for copies by the word. */
export class Literals {
  source = new ByteSource(Buffer.alloc(1024))
  #length = 0

  add(text: string): Literal {
    const size = Buffer.byteLength(text)
    const { bytes } = this.source
    if (this.#length + size + 8 > bytes.length) {
      this.source = new ByteSource(Buffer.concat([bytes], (this.#length + size) * 2 + 8))
    }
    const from = this.#length
    this.#length += this.source.bytes.write(text, from)
    return { from, to: this.#length }
  }

  clear(): void {
    this.#length = 0
  }
}

/** Every member begins with a comma, which is made a brace where it is the first. The quote is left out for numbers. */
export const keyOf = (name: string): string => `,${JSON.stringify(name)}:"`

/** The keys of a layout's attributes, and the slots in which they stand, ascending: as columns, for a loop over them. */
export class AttributeKeys {
  readonly literals = new Literals()
  count = 0
  slots = new Int32Array(8)
  /** Where each key begins and ends in the literals. */
  froms = new Int32Array(8)
  tos = new Int32Array(8)

  /** Adds what the layout has got since. */
  follow(layout: Layout): void {
    const { attributes } = layout
    if (attributes.length > this.slots.length) {
      const grown = (column: Int32Array) => {
        const larger = new Int32Array(attributes.length * 2)
        larger.set(column)
        return larger
      }
      this.slots = grown(this.slots)
      this.froms = grown(this.froms)
      this.tos = grown(this.tos)
    }
    for (const { slot, name } of attributes.slice(this.count)) {
      const { from, to } = this.literals.add(keyOf(name))
      this.slots[this.count] = slot
      this.froms[this.count] = from
      this.tos[this.count] = to
      this.count++
    }
  }
}
