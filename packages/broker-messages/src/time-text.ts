import type { Buffer } from 'node:buffer'
import { integerOf, standsAt } from './json-text.ts'

const noBytes = new Uint8Array(0)
const zulu = 0x5a
const dayLength = 'YYYY-MM-DD'.length
const clock = /^(?:[+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{3})(\d{1,6})?)?Z$/

/** Reads the times that an NDJSON encoder writes: RFC 3339 in UTC, to the millisecond or the nanosecond. */
export class TimeText {
  /** Unix epoch in milliseconds. */
  ms = Number.NaN
  /** Nanoseconds below the millisecond. */
  remainder = 0
  #day: Uint8Array = noBytes
  #dayMs = 0

  /** Reads the text between two offsets; false if it is no such time. */
  read(bytes: Buffer, from: number, to: number): boolean {
    const length = to - from
    if ((length !== 24 && length !== 30) || bytes[to - 1] !== zulu || !this.#isSameDay(bytes, from)) {
      return this.parse(bytes.toString('latin1', from, to))
    }
    const at = from + dayLength
    const hours = integerOf(bytes, at + 1, at + 3)
    const minutes = integerOf(bytes, at + 4, at + 6)
    const seconds = integerOf(bytes, at + 7, at + 9)
    this.ms = this.#dayMs + ((hours * 60 + minutes) * 60 + seconds) * 1000 + integerOf(bytes, at + 10, at + 13)
    this.remainder = length === 30 ? integerOf(bytes, at + 13, at + 19) : 0
    return true
  }

  /** Reads a text; false if it is no such time. */
  parse(text: string): boolean {
    const match = clock.exec(text)
    if (match === null) return false
    const nanos = match[2] ?? ''
    const ms = Date.parse(nanos === '' ? text : `${text.slice(0, -nanos.length - 1)}Z`)
    if (Number.isNaN(ms)) return false
    this.ms = ms
    this.remainder = Number(nanos.padEnd(6, '0'))
    return true
  }

  /** Whether the day is that of the time before; becomes it, if it is a day of four-digit years. */
  #isSameDay(bytes: Buffer, from: number): boolean {
    if (this.#day.length > 0 && standsAt(bytes, from, this.#day)) return this.#hasClock(bytes, from + dayLength)
    const day = Date.parse(bytes.toString('latin1', from, from + dayLength))
    if (Number.isNaN(day) || !/^\d{4}-\d\d-\d\d$/.test(bytes.toString('latin1', from, from + dayLength))) return false
    this.#day = new Uint8Array(bytes.subarray(from, from + dayLength))
    this.#dayMs = day
    return this.#hasClock(bytes, from + dayLength)
  }

  /** Whether `T12:34:56.` stands there with digits in all places, up to the end. */
  #hasClock(bytes: Buffer, at: number): boolean {
    if (bytes[at] !== 0x54 || bytes[at + 3] !== 0x3a || bytes[at + 6] !== 0x3a || bytes[at + 9] !== 0x2e) return false
    for (let here = at + 1; bytes[here] !== zulu; here++) {
      const byte = bytes[here] ?? 0
      if ((byte < 0x30 || byte > 0x39) && here !== at + 3 && here !== at + 6 && here !== at + 9) return false
    }
    // What no clock shows is for the slow way to refuse.
    return integerOf(bytes, at + 1, at + 3) < 24 && (bytes[at + 4] ?? 0) < 0x36 && (bytes[at + 7] ?? 0) < 0x36
  }
}
