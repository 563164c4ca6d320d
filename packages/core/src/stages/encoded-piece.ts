import { Buffer, isUtf8 } from 'node:buffer'

interface Source {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

const newline = 10

/** Lines that were not valid UTF-8, as they are with U+FFFD in the place of what is not. Lines stay lines. */
export class Encoded {
  readonly bytes: Buffer
  readonly from = 0
  readonly to: number
  readonly #source: Source

  /** @param onInvalid told how many of the lines are not valid */
  constructor(source: Source, onInvalid: (lines: number) => void) {
    this.#source = source
    this.bytes = Buffer.from(source.bytes.toString('utf8', source.from, source.to))
    this.to = this.bytes.length
    let invalid = 0
    for (let at = source.from; at < source.to; ) {
      const end = source.bytes.indexOf(newline, at)
      const next = end < 0 || end >= source.to ? source.to : end + 1
      if (!isUtf8(source.bytes.subarray(at, next))) invalid++
      at = next
    }
    onInvalid(invalid)
  }

  /** The offset in the original that is after as many lines as `offset` is here. */
  original(offset: number): number {
    if (offset === this.to) return this.#source.to
    let at = this.#source.from
    for (
      let here = this.bytes.indexOf(newline);
      here >= 0 && here < offset;
      here = this.bytes.indexOf(newline, here + 1)
    ) {
      at = this.#source.bytes.indexOf(newline, at) + 1
    }
    return at
  }
}
