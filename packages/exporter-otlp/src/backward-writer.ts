import { Buffer } from 'node:buffer'

const twoTo32 = 0x1_0000_0000
const twoTo7 = 128
/** Bytes of the longest number. */
const maxVarint = 10

/** What a hexadecimal digit stands for. */
const noNibble = 255
const nibbles = new Uint8Array(256).fill(noNibble)
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  nibbles[digit.charCodeAt(0)] = nibbles[digit.toUpperCase().charCodeAt(0)] = value
}

/** Bytes from which a call of `Buffer.copy` is quicker than a loop. */
const longCopy = 64

/**
 * Writes protobuf from its end to its beginning: the length of a message stands before it, and is known once it has been
 * written. So the last field of a message is written first, and a field's value before its tag.
 */
export class BackwardWriter {
  #bytes: Buffer
  #view: DataView
  /** Where the first byte of what has been written stands. */
  #at: number

  constructor(capacity: number) {
    const bytes = Buffer.allocUnsafeSlow(capacity)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = capacity
  }

  /** Bytes that have been written. */
  get length(): number {
    return this.#bytes.length - this.#at
  }

  /** Hands out a copy of what has been written, and begins anew. */
  finish(): Buffer {
    const result = Buffer.from(this.#bytes.subarray(this.#at))
    this.#at = this.#bytes.length
    return result
  }

  byte(value: number): void {
    if (this.#at < 1) this.#reserve(1)
    this.#bytes[--this.#at] = value
  }

  /** An unsigned integer below 2^53. */
  varint(value: number): void {
    if (value < twoTo7) {
      this.byte(value)
      return
    }
    this.#reserve(maxVarint)
    let size = 1
    for (let limit = twoTo7; value >= limit; limit *= twoTo7) size++
    this.#at -= size
    let rest = value
    const last = this.#at + size - 1
    for (let at = this.#at; at < last; at++) {
      this.#bytes[at] = (rest % twoTo7) | 0x80
      rest = Math.floor(rest / twoTo7)
    }
    this.#bytes[last] = rest
  }

  /** A signed integer that a JavaScript number holds exactly, as an `int64`: a negative one has ten bytes. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value)
      return
    }
    this.#reserve(maxVarint)
    const bytes = this.#bytes
    this.#at -= maxVarint
    // The two's complement: 2^64 + value = (2^32 + high) × 2^32 + low.
    let high = Math.floor(value / twoTo32)
    let low = value - high * twoTo32
    high += twoTo32
    for (let index = 0; index < maxVarint; index++) {
      bytes[this.#at + index] = (low & 0x7f) | (index < maxVarint - 1 ? 0x80 : 0)
      low = Math.floor(low / twoTo7) + (high % twoTo7) * (twoTo32 / twoTo7)
      high = Math.floor(high / twoTo7)
    }
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#at -= 4
    this.#view.setUint32(this.#at, value, true)
  }

  /** Two words of 32 bits. */
  fixed64(high: number, low: number): void {
    this.fixed32(high)
    this.fixed32(low)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at -= 8
    this.#view.setFloat64(this.#at, value, true)
  }

  /** The bytes `from`…`to` of a buffer, with nothing in front of them. */
  copy(source: Uint8Array, from: number, to: number): void {
    const count = to - from
    this.#reserve(count)
    this.#at -= count
    const bytes = this.#bytes
    let at = this.#at
    if (count > longCopy) bytes.set(source.subarray(from, to), at)
    else for (let read = from; read < to; read++) bytes[at++] = source[read] ?? 0
  }

  /** The bytes that hexadecimal digits stand for. @returns false if they are none, and nothing is written */
  hex(source: Uint8Array, from: number, to: number): boolean {
    const count = (to - from) >> 1
    this.#reserve(count)
    const bytes = this.#bytes
    let at = this.#at - count
    for (let read = from; read < to; read += 2) {
      const high = nibbles[source[read] ?? 0] ?? noNibble
      const low = nibbles[source[read + 1] ?? 0] ?? noNibble
      if ((high | low) > 15) return false
      bytes[at++] = (high << 4) | low
    }
    this.#at -= count
    return true
  }

  /** A string or bytes as a field: value, length, tag. */
  bytesField(tag: number, source: Uint8Array, from: number, to: number): void {
    this.copy(source, from, to)
    this.varint(to - from)
    this.byte(tag)
  }

  /** The same for a string; a lone surrogate becomes U+FFFD. */
  textField(tag: number, text: string): void {
    const size = Buffer.byteLength(text)
    this.#reserve(size)
    this.#at -= size
    this.#bytes.write(text, this.#at, 'utf8')
    this.varint(size)
    this.byte(tag)
  }

  /** Ends a message (or begins it, since it is written backwards): the length of what came after `length`, and the tag. */
  message(tag: number, length: number): void {
    this.varint(this.length - length)
    this.byte(tag)
  }

  #reserve(count: number): void {
    if (this.#at >= count) return
    const { length } = this
    const capacity = Math.max(this.#bytes.length * 2, length + count)
    const bytes = Buffer.allocUnsafeSlow(capacity)
    this.#bytes.copy(bytes, capacity - length, this.#at)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#at = capacity - length
  }
}
