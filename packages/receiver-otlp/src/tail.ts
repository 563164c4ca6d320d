import { Buffer } from 'node:buffer'

const hexPairs = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  const pair = Buffer.from(byte.toString(16).padStart(2, '0'))
  hexPairs[byte] = pair.readUInt16LE(0)
}

/**
 * What a batch needs besides the bytes of its records: ids in hexadecimal, and digits of numbers that JavaScript's cannot
 * hold. It is written behind a copy of those bytes, and only if there is any.
 */
export class Tail {
  readonly #source: Buffer
  readonly #expected: number
  #bytes: Buffer | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))
  #length: number

  /** @param expected bytes that it is likely to need */
  constructor(source: Buffer, expected: number) {
    this.#source = source
    this.#expected = expected
    this.#length = source.length
  }

  /** The source, and what was written behind it. */
  get bytes(): Buffer {
    return this.#bytes?.subarray(0, this.#length) ?? this.#source
  }

  /** Where the next is written. */
  get length(): number {
    return this.#length
  }

  /** Writes `bytes[from…to)` in hexadecimal. */
  hex(bytes: Buffer, from: number, to: number): void {
    this.#reserve((to - from) * 2)
    const view = this.#view
    let target = this.#length
    for (let at = from; at < to; at++, target += 2) view.setUint16(target, hexPairs[bytes[at] ?? 0] ?? 0, true)
    this.#length = target
  }

  /** Writes ASCII. */
  text(text: string): void {
    const bytes = this.#reserve(text.length)
    this.#length += bytes.write(text, this.#length, 'latin1')
  }

  #reserve(count: number): Buffer {
    const needed = this.#length + count
    let bytes = this.#bytes
    if (bytes !== undefined && needed <= bytes.length) return bytes
    const size = bytes === undefined ? this.#source.length + Math.max(this.#expected, count) : needed * 2
    const grown = Buffer.allocUnsafeSlow(size)
    ;(bytes ?? this.#source).copy(grown, 0, 0, this.#length)
    bytes = grown
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return bytes
  }
}
