import type { TimestampReader } from '@weir/sdk'
import { minus, slash, space, zero } from './byte.ts'
import { page, pageWords } from './page.ts'

const bytes = page
const words = pageWords
const letterZ = 0x5a
const point = 0x2e

/** A word that no UTF-8 has. */
const nothing = -1

/**
 * The second in RFC 3339 and UTC that was read last: its 19 bytes as words, the last of which overlap. It means the same
 * to every reader, so all share it; and a constant array is read faster than one's own.
 */
const known = new Int32Array(5).fill(nothing)
const knownSecond = new Float64Array(1)

/** By how many digits of a fraction are missing to nanoseconds. */
const powers = Int32Array.of(1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)

/** Nanoseconds below the millisecond of the time that `readAgain` read last. */
export const remainderOfAgain = new Int32Array(1)
const remainder = remainderOfAgain

/**
 * Reads a time in RFC 3339 and UTC whose second was read before, and writes it to a column; returns the offset after it,
 * or 0 if it is another second. For loops in which a call more is felt; everyone else uses `PageTime`.
 */
export function readAgain(times: Float64Array, row: number, from: number): number {
  if (
    words.getInt32(from + 15, true) !== known[4] ||
    words.getInt32(from + 12, true) !== known[3] ||
    words.getInt32(from + 8, true) !== known[2] ||
    words.getInt32(from + 4, true) !== known[1] ||
    words.getInt32(from, true) !== known[0]
  ) {
    return 0
  }
  let at = from + 19
  let ms = 0
  let below = 0
  if (bytes[at] === point) {
    let fraction = 0
    let digit = (bytes[++at] ?? 0) - zero
    let count = 0
    for (; digit >= 0 && digit <= 9 && count < 9; digit = (bytes[++at] ?? 0) - zero) {
      fraction = fraction * 10 + digit
      count++
    }
    if (count === 0) return 0
    if (count === 3) {
      ms = fraction
    } else {
      const nanoseconds = fraction * (powers[9 - count] ?? 1)
      ms = (nanoseconds / 1_000_000) | 0
      below = nanoseconds - ms * 1_000_000
    }
  }
  if (bytes[at] !== letterZ) return 0
  remainder[0] = below
  times[row] = (knownSecond[0] ?? 0) + ms
  return at + 1
}

/**
 * Reads times on the page, most of them by comparison with the time before. What was read is written to a column: a
 * number that is returned would be an object a line.
 */
export class PageTime {
  /** Nanoseconds below the millisecond of the time that was read last. */
  remainder = 0
  /** Offset after the time that was read last. */
  end = 0
  readonly #reader: TimestampReader
  /** The time of RFC 3164 that was read last with the space after it: `Nov 24 13:55:36 `. */
  #first = nothing
  #second = 0
  #third = 0
  #fourth = 0
  #named = 0

  constructor(reader: TimestampReader) {
    this.#reader = reader
  }

  /** ISO 8601 and RFC 3339: `2026-11-24T13:55:36.123Z`; `false` and `NaN` if there is no such time. */
  iso(times: Float64Array, row: number, from: number, to: number): boolean {
    return this.#again(times, row, from) || this.#read(times, row, from, this.#reader.iso(bytes, from, to))
  }

  /** A time of any form that stands at `from`. */
  prefix(times: Float64Array, row: number, from: number, to: number): boolean {
    if (this.#again(times, row, from) || this.#againNamed(times, row, from)) return true
    const isRead = this.#read(times, row, from, this.#reader.prefix(bytes, from, to))
    if (isRead && this.end === from + 15 && bytes[this.end] === space) this.#rememberNamed(times[row] ?? 0, from)
    return isRead
  }

  /** The same where `page[from…to)` is one time and nothing else. */
  whole(times: Float64Array, row: number, from: number, to: number): boolean {
    if (this.prefix(times, row, from, to) && this.end === to) return true
    times[row] = Number.NaN
    return false
  }

  #again(times: Float64Array, row: number, from: number): boolean {
    const end = readAgain(times, row, from)
    if (end === 0) return false
    this.end = end
    this.remainder = remainder[0] ?? 0
    return true
  }

  #againNamed(times: Float64Array, row: number, from: number): boolean {
    if (
      words.getInt32(from + 12, true) !== this.#fourth ||
      words.getInt32(from + 8, true) !== this.#third ||
      words.getInt32(from + 4, true) !== this.#second ||
      words.getInt32(from, true) !== this.#first
    ) {
      return false
    }
    this.end = from + 15
    this.remainder = 0
    times[row] = this.#named
    return true
  }

  #rememberNamed(ms: number, from: number): void {
    this.#first = words.getInt32(from, true)
    this.#second = words.getInt32(from + 4, true)
    this.#third = words.getInt32(from + 8, true)
    this.#fourth = words.getInt32(from + 12, true)
    this.#named = ms
  }

  #read(times: Float64Array, row: number, from: number, ms: number): boolean {
    const { end, remainder } = this.#reader
    this.end = end
    this.remainder = remainder
    times[row] = ms
    if (Number.isNaN(ms)) return false
    const separator = bytes[from + 4]
    if (bytes[end - 1] === letterZ && (separator === minus || separator === slash)) {
      for (let word = 0; word < 4; word++) known[word] = words.getInt32(from + word * 4, true)
      known[4] = words.getInt32(from + 15, true)
      knownSecond[0] = Math.floor(ms / 1000) * 1000
    }
    return true
  }
}
