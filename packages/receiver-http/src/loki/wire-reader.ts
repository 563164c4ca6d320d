import type { Buffer } from 'node:buffer'
import { HttpProblem } from '@weir/http-server'

const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, FIXED32: 5 } as const

const cut = (): HttpProblem => new HttpProblem(400, 'the protobuf message is not valid')

/**
 * Reads the fields of a protobuf message that lies in a part of the bytes. Offsets stay those of the bytes.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  /** Of the field that `next` has come to. */
  field = 0
  wireType = 0

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    this.#bytes = bytes
    this.#at = from
    this.#end = to
  }

  /** Goes to the next field, if there is one; its value must be read or skipped. */
  next(): boolean {
    if (this.#at >= this.#end) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    this.wireType = tag % 8
    // There is none of this number: it is what a message reads like that was cut and filled up with zeros.
    if (this.field === 0) throw cut()
    return true
  }

  /** A number of up to 64 bits; exact up to 53, and negative ones are. */
  varint(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw cut()
      const byte = this.#bytes[this.#at++] ?? 0
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift
      else high += (byte & 0x7f) * 2 ** (shift - 28)
      if (byte < 0x80) {
        const value = low + high * 2 ** 28
        return value < 2 ** 63 ? value : low - (2 ** 36 - high) * 2 ** 28
      }
    }
    throw cut()
  }

  /** The range of a string or message: from `start` of the result to where the reader stands then. */
  range(): { start: number; end: number } {
    if (this.wireType !== WireType.BYTES) throw cut()
    const length = this.varint()
    const start = this.#at
    if (length < 0 || length > this.#end - start) throw cut()
    this.#at = start + length
    return { start, end: this.#at }
  }

  string(): string {
    const { start, end } = this.range()
    return this.#bytes.toString('utf8', start, end)
  }

  message(): WireReader {
    const { start, end } = this.range()
    return new WireReader(this.#bytes, start, end)
  }

  skip(): void {
    if (this.wireType === WireType.VARINT) this.varint()
    else if (this.wireType === WireType.BYTES) this.range()
    else if (this.wireType === WireType.FIXED64) this.#at += 8
    else if (this.wireType === WireType.FIXED32) this.#at += 4
    else throw cut()
    if (this.#at > this.#end) throw cut()
  }
}
