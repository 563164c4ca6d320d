import { Buffer } from 'node:buffer'

const newline = 0x0a

/** The body of a bulk request as it grows: lines of text and of bytes. */
export class BulkBody {
  #bytes: Buffer
  #length = 0

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#length
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  text(text: string): void {
    // Three bytes a UTF-16 code unit at most.
    this.#reserve(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length)
  }

  copy(source: Buffer, from: number, to: number): void {
    this.#reserve(to - from + 1)
    this.#length += source.copy(this.#bytes, this.#length, from, to)
  }

  endLine(): void {
    this.#bytes[this.#length++] = newline
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
