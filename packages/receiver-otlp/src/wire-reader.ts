import type { Buffer } from 'node:buffer'

const twoTo32 = 0x1_0000_0000

/** What a tag says besides the number of the field. */
export const Wire = { VARINT: 0, FIXED64: 1, DELIMITED: 2, GROUP: 3, GROUP_END: 4, FIXED32: 5 } as const

/** The tag of a field of a message. */
export const tagOf = (field: number, wire: number): number => field * 8 + wire

/** Reads the wire format of protobuf where it has been checked already: every number and every length is sound. */
export class WireReader {
  readonly bytes: Buffer
  readonly view: DataView
  /** Where the last number ended. */
  at = 0
  /** The last 64-bit number: its lower 32 bits, and the upper ones, which have the sign. */
  low = 0
  high = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** An unsigned number: a length, or a tag. */
  integer(from: number): number {
    const { bytes } = this
    let at = from
    let value = 0
    let scale = 1
    for (let byte = 0x80; byte > 0x7f; scale *= 128) {
      byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
    }
    this.at = at
    return value
  }

  /** A 64-bit number: into `low` and `high`. */
  long(from: number): void {
    const { bytes } = this
    let at = from
    let low = 0
    let high = 0
    for (let shift = 0, byte = 0x80; byte > 0x7f; shift += 7) {
      byte = bytes[at++] ?? 0
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >> 4
      } else high |= bits << (shift - 32)
    }
    this.low = low
    this.high = high
    this.at = at
  }

  /** The offset after the field that begins with its tag at `from`. */
  pass(from: number): number {
    const tag = this.integer(from)
    switch (tag & 7) {
      case Wire.VARINT:
        this.integer(this.at)
        return this.at
      case Wire.FIXED64:
        return this.at + 8
      case Wire.DELIMITED: {
        const length = this.integer(this.at)
        return this.at + length
      }
      case Wire.FIXED32:
        return this.at + 4
      default: {
        let at = this.at
        while ((this.integer(at) & 7) !== Wire.GROUP_END) at = this.pass(at)
        return this.at
      }
    }
  }

  /** Beginning and end of every field with this tag, of a message that stands in `from`…`to`. */
  *parts(from: number, to: number, tag: number): Generator<readonly [number, number], void, void> {
    for (let at = from; at < to; ) {
      if (this.bytes[at] !== tag) {
        at = this.pass(at)
        continue
      }
      const length = this.integer(at + 1)
      const start = this.at
      at = start + length
      yield [start, at]
    }
  }

  /** A string, invalid sequences replaced. */
  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from, to)
  }

  /** The 64-bit number as far as JavaScript's numbers go: exact up to 2^53. */
  get number(): number {
    return this.high * twoTo32 + (this.low >>> 0)
  }

  /** The 64-bit number in decimal. */
  get digits(): string {
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low >>> 0)).toString()
  }
}
