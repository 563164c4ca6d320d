import { Buffer } from 'node:buffer'
import { ByteSource } from './json-writer.ts'

/** Farthest from 1970 that a `Date` can be. */
const maxTime = 8.64e15
const dayMs = 86_400_000
const zero = 0x30

/**
 * A member of a JSON object that is a time in RFC 3339 and UTC: `,"time":"2026-11-24T14:13:19.123Z"`. Records come in
 * the order of their time, so that from one to the next only the last digits are written anew.
 */
export class JsonTime {
  readonly source = new ByteSource(Buffer.alloc(80))
  readonly #key: string
  /** Midnight of the day that the text is of. */
  #day = Number.NaN
  /** The millisecond of the day that the text is of. */
  #ofDay = -1
  /** Where the hours begin. */
  #clockAt = 0
  /** Offset after the milliseconds. */
  #end = 0

  constructor(key: string) {
    this.#key = key
  }

  /**
   * Makes it the text of a time.
   * @returns its length, 0 if no calendar has such a time
   */
  set(ms: number, nanoseconds: number): number {
    if (!(Math.abs(ms) <= maxTime)) return 0
    const whole = Math.floor(ms)
    const ofDay = whole - this.#day
    if (ofDay >= 0 && ofDay < dayMs) {
      if (ofDay !== this.#ofDay) this.#setClock(ofDay)
    } else {
      this.#setDay(Math.floor(whole / dayMs) * dayMs)
      this.#setClock(whole - this.#day)
    }
    const { bytes } = this.source
    let end = this.#end
    if (nanoseconds !== 0) {
      end += 6
      for (let at = end, rest = nanoseconds; at > this.#end; rest = (rest / 10) | 0) bytes[--at] = zero + (rest % 10)
    }
    bytes[end] = 0x5a
    bytes[end + 1] = 0x22
    return end + 2
  }

  #setDay(day: number): void {
    this.#day = day
    this.#ofDay = -1
    // Years before 0 and after 9999 have a sign and six digits.
    const [date = ''] = new Date(day).toISOString().split('T')
    this.#clockAt = this.source.bytes.write(`${this.#key}${date}T`, 'latin1')
    this.#end = this.#clockAt + this.source.bytes.write('00:00:00.000', this.#clockAt, 'latin1')
  }

  #setClock(ofDay: number): void {
    const { bytes } = this.source
    const at = this.#clockAt
    const second = (ofDay / 1000) | 0
    const ms = ofDay - second * 1000
    if (second !== ((this.#ofDay / 1000) | 0) || this.#ofDay < 0) {
      const minute = (second / 60) | 0
      const hour = (minute / 60) | 0
      this.#twoDigits(at, hour)
      this.#twoDigits(at + 3, minute - hour * 60)
      this.#twoDigits(at + 6, second - minute * 60)
    }
    const hundreds = (ms / 100) | 0
    bytes[at + 9] = zero + hundreds
    this.#twoDigits(at + 10, ms - hundreds * 100)
    this.#ofDay = ofDay
  }

  #twoDigits(at: number, value: number): void {
    const tens = (value / 10) | 0
    this.source.bytes[at] = zero + tens
    this.source.bytes[at + 1] = zero + value - tens * 10
  }
}
