import { Buffer } from 'node:buffer'
import { epochOf } from './calendar.ts'
import { TimeZone } from './time-zone.ts'

export interface TimestampOptions {
  /** Zone of times that tell none: `UTC` (default), `Local`, `+02:00`, `Europe/Berlin`. */
  zone?: string
  /** Wall-clock, Unix epoch in milliseconds: the year of times that tell none. */
  now?: () => number
}

const dayMs = 86_400_000
const plus = 0x2b
const comma = 0x2c
const minus = 0x2d
const point = 0x2e
const slash = 0x2f
const zero = 0x30
const colon = 0x3a
const space = 0x20

/** Longest text that can be a time. */
const maxLength = 64
const nanosecondsOfDigit = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1]
const months = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, index) => [
    threeLetters(Buffer.from(name), 0),
    index + 1,
  ]),
)

/** The space before the half of the day may be a narrow one, of three bytes. */
const american = {
  pattern: /^(\d\d?)\/(\d\d?)\/(\d{4}),? (0?[1-9]|1[0-2]):(\d\d):(\d\d)(?: |\xe2\x80\xaf)([AaPp])[Mm](?!\w)/,
  length: 28,
}

/** Three letters in any case as one number. */
function threeLetters(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) | 32) << 16) | (((bytes[at + 1] ?? 0) | 32) << 8) | ((bytes[at + 2] ?? 0) | 32)
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= 0x39

/** The number that `count` digits stand for; `NaN` if one of them is no digit. */
function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** `13:55:36` as three numbers in one call would make an object a line: so the whole second is made here. */
function secondOf(bytes: Uint8Array, year: number, month: number, day: number, clock: number): number {
  if (bytes[clock + 2] !== colon || bytes[clock + 5] !== colon) return Number.NaN
  return epochOf(year, month, day, digits(bytes, clock, 2), digits(bytes, clock + 3, 2), digits(bytes, clock + 6, 2))
}

/** The text that was read last and its second: in runs of lines of one second, all but the first cost a comparison. */
class RecentSecond {
  readonly #bytes = new Uint8Array(maxLength)
  #length = 0
  ms = Number.NaN

  matches(bytes: Uint8Array, from: number, length: number): boolean {
    if (length !== this.#length) return false
    const known = this.#bytes
    for (let at = length - 1; at >= 0; at--) if (bytes[from + at] !== known[at]) return false
    return true
  }

  remember(bytes: Uint8Array, from: number, length: number, ms: number): number {
    this.#length = length
    for (let at = 0; at < length; at++) this.#bytes[at] = bytes[from + at] ?? 0
    this.ms = ms
    return ms
  }
}

/**
 * Reads the timestamps that logs use, out of bytes or text. Every method gives Unix epoch in milliseconds, or `NaN` for
 * what is no such time (13th month, 30 February), and leaves the nanoseconds below the millisecond in `remainder` and
 * the offset after the last byte that belongs to the time in `end`. A reader remembers the last second that it read, so
 * keep one for each stream.
 */
export class TimestampReader {
  /** Nanoseconds below the millisecond of the time that was read last, 0 to 999,999. */
  remainder = 0
  /** Offset after the time that was read last. */
  end = 0
  readonly #zone: TimeZone
  readonly #now: () => number
  readonly #iso = new RecentSecond()
  readonly #clf = new RecentSecond()
  readonly #named = new RecentSecond()
  readonly #text = Buffer.alloc(maxLength)
  #last = Number.NaN

  /** @throws WeirError `WEIR_TIME_ZONE` */
  constructor(options: TimestampOptions = {}) {
    this.#zone = new TimeZone(options.zone)
    this.#now = options.now ?? Date.now
  }

  /**
   * Reads a whole text of any form that the reader knows.
   * @example reader.parse('2026-11-24T13:55:36.123Z'), reader.parse('24/Nov/2026:13:55:36 +0000'), reader.parse('1795528536')
   */
  parse(text: string): number {
    if (text.length > maxLength) return Number.NaN
    const length = this.#text.write(text)
    return this.whole(this.#text, 0, length)
  }

  /** The same for bytes: they are one time and nothing else. */
  whole(bytes: Uint8Array, from: number, to: number): number {
    const ms = this.prefix(bytes, from, to)
    return this.end === to ? ms : Number.NaN
  }

  /** Reads a time of any form that stands at the beginning of the bytes. */
  prefix(bytes: Uint8Array, from: number, to: number): number {
    this.remainder = 0
    this.end = from
    if (to - from < 9) return Number.NaN
    const first = bytes[from] ?? 0
    if (isDigit(first)) {
      const third = bytes[from + 2]
      const fifth = bytes[from + 4]
      if (fifth === minus || fifth === point || (fifth === slash && isDigit(third))) return this.iso(bytes, from, to)
      if (third === slash && !isDigit(bytes[from + 3])) return this.clf(bytes, from, to)
      if (third === slash && bytes[from + 8] === space) return this.#shortYear(bytes, from, to)
      if (third === slash || bytes[from + 1] === slash) return this.#american(bytes, from, to)
      if (fifth === space && bytes[from + 7] === colon) return this.#monthDay(bytes, from, to)
      if (bytes[from + 1] === space || third === space || third === minus) return this.#dayFirst(bytes, from, to)
      if (fifth === space) return this.#yearFirst(bytes, from, to)
      if (bytes[from + 6] === space) return this.#compact(bytes, from, to)
      if (bytes[from + 8] === space || ((bytes[from + 8] ?? 0) | 32) === 0x74) return this.#basic(bytes, from, to)
      return this.epoch(bytes, from, to)
    }
    if (bytes[from + 3] === comma) return this.rfc1123(bytes, from, to)
    return months.has(threeLetters(bytes, from)) ? this.rfc3164(bytes, from, to) : this.ctime(bytes, from, to)
  }

  /**
   * ISO 8601 and RFC 3339 with seconds: `2026-11-24T13:55:36.123Z`, `2026-11-24 13:55:36,123`, `2026/11/24 13:55:36`,
   * `2026.11.24 13:55:36`, zone `Z`, `±hh:mm`, `±hhmm`, `±hh`, ` UTC` or none.
   */
  iso(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 19) return this.#none(from)
    if (this.#iso.matches(bytes, from, 19)) return this.#finish(bytes, from + 19, to, this.#iso.ms)
    const separator = bytes[from + 4]
    if ((separator !== minus && separator !== slash && separator !== point) || bytes[from + 7] !== separator)
      return this.#none(from)
    const between = (bytes[from + 10] ?? 0) | 32
    if (between !== 0x74 && between !== space) return this.#none(from)
    const ms = secondOf(
      bytes,
      digits(bytes, from, 4),
      digits(bytes, from + 5, 2),
      digits(bytes, from + 8, 2),
      from + 11,
    )
    if (Number.isNaN(ms)) return this.#none(from)
    return this.#finish(bytes, from + 19, to, this.#iso.remember(bytes, from, 19, ms))
  }

  /** Common Log Format: `24/Nov/2026:13:55:36 +0000`. */
  clf(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 20) return this.#none(from)
    // With its zone it is one text, which most lines share with the line before.
    if (to - from >= 26 && this.#clf.matches(bytes, from, 26)) {
      this.remainder = 0
      this.end = from + 26
      return this.#clf.ms
    }
    const month = months.get(threeLetters(bytes, from + 3)) ?? 0
    if (bytes[from + 2] !== slash || bytes[from + 6] !== slash || bytes[from + 11] !== colon) return this.#none(from)
    const second = secondOf(bytes, digits(bytes, from + 7, 4), month, digits(bytes, from, 2), from + 12)
    if (Number.isNaN(second)) return this.#none(from)
    const ms = this.#finish(bytes, from + 20, to, second)
    if (this.end === from + 26 && bytes[from + 20] === space) this.#clf.remember(bytes, from, 26, ms)
    return ms
  }

  /**
   * The time of RFC 3164: `Nov  4 13:55:36`, fraction and year (`Nov  4 2026 13:55:36`) allowed. A year left out is the one that brings it closest before now, or
   * goes on from the time that was read before it, over the turn of a year.
   */
  rfc3164(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 14) return this.#none(from)
    const clock = this.#clockAfterDay(bytes, from + 4)
    if (clock < 0 || clock + 8 > to || bytes[from + 3] !== space) return this.#none(from)
    const month = months.get(threeLetters(bytes, from)) ?? 0
    if (bytes[clock + 4] === space && clock + 13 <= to) {
      const known = secondOf(bytes, digits(bytes, clock, 4), month, this.#dayBefore(bytes, clock), clock + 5)
      return Number.isNaN(known) ? this.#none(from) : this.#finish(bytes, clock + 13, to, known)
    }
    const length = clock + 8 - from
    if (this.#named.matches(bytes, from, length)) return this.#finish(bytes, clock + 8, to, this.#named.ms)
    const second = this.#inferYear(bytes, month, this.#dayBefore(bytes, clock), clock)
    if (Number.isNaN(second)) return this.#none(from)
    return this.#finish(bytes, clock + 8, to, this.#named.remember(bytes, from, length, second))
  }

  /** `Sun Dec 04 04:47:44.123456 2005`, as `ctime` and Apache's error log write it. */
  ctime(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 23 || bytes[from + 3] !== space || bytes[from + 7] !== space) return this.#none(from)
    const clock = this.#clockAfterDay(bytes, from + 8)
    if (clock < 0) return this.#none(from)
    let year = clock + 8
    if (bytes[year] === point)
      do year++
      while (isDigit(bytes[year]) && year < to)
    const month = months.get(threeLetters(bytes, from + 4)) ?? 0
    if (bytes[year] !== space || year + 5 > to) return this.#none(from)
    const second = secondOf(bytes, digits(bytes, year + 1, 4), month, this.#dayBefore(bytes, clock), clock)
    if (Number.isNaN(second)) return this.#none(from)
    const fraction = this.#fraction(bytes, clock + 8, year)
    this.end = year + 5
    return this.#zone.toUtc(second) + fraction
  }

  /** RFC 1123 and RFC 5322: `Tue, 24 Nov 2026 13:55:36 GMT`. */
  rfc1123(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 24 || bytes[from + 3] !== comma || bytes[from + 4] !== space) return this.#none(from)
    const day = bytes[from + 6] === space ? 1 : 2
    const month = months.get(threeLetters(bytes, from + 6 + day)) ?? 0
    const clock = from + 15 + day
    if (bytes[from + 5 + day] !== space || bytes[clock - 1] !== space || clock + 8 > to) return this.#none(from)
    const second = secondOf(bytes, digits(bytes, clock - 5, 4), month, digits(bytes, from + 5, day), clock)
    return Number.isNaN(second) ? this.#none(from) : this.#finish(bytes, clock + 8, to, second)
  }

  /**
   * Unix epoch by the count of its digits: seconds (9 to 11, fraction allowed), milliseconds (12 to 14), microseconds
   * (15 to 17), nanoseconds (18, 19). Fewer digits are no time.
   */
  epoch(bytes: Uint8Array, from: number, to: number): number {
    let end = from
    while (end < to && isDigit(bytes[end])) end++
    const count = end - from
    if (count < 9 || count > 19) return this.#none(from)
    this.remainder = 0
    this.end = end
    if (count <= 11) {
      const second = digits(bytes, from, count) * 1000
      return bytes[end] === point ? second + this.#fraction(bytes, end, to) : second
    }
    if (count <= 14) return digits(bytes, from, count)
    const below = count <= 17 ? 3 : 6
    this.remainder = digits(bytes, end - below, below) * (below === 3 ? 1000 : 1)
    return digits(bytes, from, count - below)
  }

  /** `17/06/09 20:10:40`: year, month, day. */
  #shortYear(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 17 || bytes[from + 5] !== slash || bytes[from + 8] !== space) return this.#none(from)
    const year = 2000 + digits(bytes, from, 2)
    const second = secondOf(bytes, year, digits(bytes, from + 3, 2), digits(bytes, from + 6, 2), from + 9)
    return Number.isNaN(second) ? this.#none(from) : this.#finish(bytes, from + 17, to, second)
  }

  /** `2026 Nov 24 13:55:36`, as Cisco's NX-OS writes it. */
  #yearFirst(bytes: Uint8Array, from: number, to: number): number {
    const clock = to - from < 19 ? -1 : this.#clockAfterDay(bytes, from + 9)
    if (clock < 0 || clock + 8 > to || bytes[from + 8] !== space) return this.#none(from)
    const month = months.get(threeLetters(bytes, from + 5)) ?? 0
    const second = secondOf(bytes, digits(bytes, from, 4), month, this.#dayBefore(bytes, clock), clock)
    return Number.isNaN(second) ? this.#none(from) : this.#finish(bytes, clock + 8, to, second)
  }

  /** `24 Nov 2026 13:55:36.123`, `24-Nov-2026 13:55:36`, as Tomcat and PHP write it. */
  #dayFirst(bytes: Uint8Array, from: number, to: number): number {
    const month = isDigit(bytes[from + 1]) ? from + 3 : from + 2
    const separator = bytes[month - 1]
    if (to - month < 17 || bytes[month + 3] !== separator || bytes[month + 8] !== space) return this.#none(from)
    const day = digits(bytes, from, month - 1 - from)
    const number = months.get(threeLetters(bytes, month)) ?? 0
    const second = secondOf(bytes, digits(bytes, month + 4, 4), number, day, month + 9)
    return Number.isNaN(second) ? this.#none(from) : this.#finish(bytes, month + 17, to, second)
  }

  /** `1124 13:55:36.123456`: month and day, as klog writes it; the year is inferred. */
  #monthDay(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 13) return this.#none(from)
    if (this.#named.matches(bytes, from, 13)) return this.#finish(bytes, from + 13, to, this.#named.ms)
    const second = this.#inferYear(bytes, digits(bytes, from, 2), digits(bytes, from + 2, 2), from + 5)
    if (Number.isNaN(second)) return this.#none(from)
    return this.#finish(bytes, from + 13, to, this.#named.remember(bytes, from, 13, second))
  }

  /** `11/24/2026 1:55:36 PM`, `1/2/2026, 1:55:36 AM`: month first. Without the half of the day it might be the day. */
  #american(bytes: Uint8Array, from: number, to: number): number {
    const length = Math.min(to - from, american.length)
    const found = american.pattern.exec(Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1'))
    if (found === null) return this.#none(from)
    const [text, month, day, year, hour, minute, second, half] = found
    const hours = (Number(hour) % 12) + (half === 'P' || half === 'p' ? 12 : 0)
    const ms = epochOf(Number(year), Number(month), Number(day), hours, Number(minute), Number(second))
    if (Number.isNaN(ms)) return this.#none(from)
    this.end = from + text.length
    return this.#zone.toUtc(ms)
  }

  /** `20261124T135536Z`, `20261124 13:55:36.123`. */
  #basic(bytes: Uint8Array, from: number, to: number): number {
    const hasColons = bytes[from + 11] === colon
    const end = from + (hasColons ? 17 : 15)
    if (end > to) return this.#none(from)
    const pair = (at: number) => digits(bytes, from + at, 2)
    const second = hasColons
      ? secondOf(bytes, digits(bytes, from, 4), pair(4), pair(6), from + 9)
      : epochOf(digits(bytes, from, 4), pair(4), pair(6), pair(9), pair(11), pair(13))
    return Number.isNaN(second) ? this.#none(from) : this.#finish(bytes, end, to, second)
  }

  /** `081109 203615`: year, month, day, and time of day, as Hadoop writes it. */
  #compact(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 13) return this.#none(from)
    const pair = (at: number) => digits(bytes, from + at, 2)
    const second = epochOf(2000 + pair(0), pair(2), pair(4), pair(7), pair(9), pair(11))
    if (Number.isNaN(second)) return this.#none(from)
    this.end = from + 13
    return this.#zone.toUtc(second)
  }

  #none(from: number): number {
    this.end = from
    this.remainder = 0
    return Number.NaN
  }

  /** Where the time of day begins after a day of one or two digits, padded or not; -1 if there is none. */
  #clockAfterDay(bytes: Uint8Array, from: number): number {
    const day = bytes[from] === space ? from + 1 : from
    const after = isDigit(bytes[day + 1]) ? day + 2 : day + 1
    return bytes[after] === space && isDigit(bytes[day]) ? after + 1 : -1
  }

  #dayBefore(bytes: Uint8Array, clock: number): number {
    return isDigit(bytes[clock - 3]) ? digits(bytes, clock - 3, 2) : digits(bytes, clock - 2, 1)
  }

  #inferYear(bytes: Uint8Array, month: number, day: number, clock: number): number {
    const latest = this.#now() + dayMs
    const of = (year: number) => secondOf(bytes, year, month, day, clock)
    const thisYear = new Date(latest).getUTCFullYear()
    let second = Number.NaN
    // 29 February may be up to eight years back.
    for (let year = thisYear; year > thisYear - 9 && !(second <= latest); year--) second = of(year)
    if (!Number.isNaN(this.#last)) {
      const lastYear = new Date(this.#last).getUTCFullYear()
      for (const year of [lastYear - 1, lastYear, lastYear + 1]) {
        const near = of(year)
        if (near <= latest && Math.abs(near - this.#last) < Math.abs(second - this.#last)) second = near
      }
    }
    this.#last = second
    return second
  }

  /** Reads what may follow the seconds: a fraction and a zone. */
  #finish(bytes: Uint8Array, from: number, to: number, localMs: number): number {
    this.end = from
    this.remainder = 0
    let ms = localMs
    const first = from < to ? bytes[from] : 0
    if (first === point || first === comma) ms += this.#fraction(bytes, from, to)
    const at = this.end
    if (at >= to) return this.#zone.toUtc(ms)
    const byte = bytes[at] ?? 0
    if ((byte | 32) === 0x7a) {
      this.end = at + 1
      return ms
    }
    if (byte === space || byte === plus || byte === minus || byte === 0x55 || byte === 0x47) {
      const offset = this.#zoneOffset(bytes, at, to)
      if (!Number.isNaN(offset)) return ms - offset
    }
    return this.#zone.toUtc(ms)
  }

  /** Milliseconds of a fraction; what is below goes to `remainder`. Without a digit there is none. */
  #fraction(bytes: Uint8Array, from: number, to: number): number {
    let nanoseconds = 0
    let at = from + 1
    for (; at < to && isDigit(bytes[at]); at++) {
      nanoseconds += ((bytes[at] ?? 0) - zero) * (nanosecondsOfDigit[at - from - 1] ?? 0)
    }
    if (at === from + 1) return 0
    this.end = at
    const ms = Math.floor(nanoseconds / 1_000_000)
    this.remainder = nanoseconds - ms * 1_000_000
    return ms
  }

  /** Milliseconds that a zone at `from` is ahead of UTC, `NaN` if there is none. */
  #zoneOffset(bytes: Uint8Array, from: number, to: number): number {
    const hasSpace = bytes[from] === space
    const at = hasSpace ? from + 1 : from
    if (at + 3 > to) return Number.NaN
    const sign = bytes[at]
    if (sign !== plus && sign !== minus) {
      const word = threeLetters(bytes, at)
      if (word !== 0x757463 && word !== 0x676d74) return Number.NaN
      this.end = at + 3
      return 0
    }
    const hours = digits(bytes, at + 1, 2)
    const minutesAt = bytes[at + 3] === colon ? at + 4 : at + 3
    let minutes = minutesAt + 2 <= to ? digits(bytes, minutesAt, 2) : Number.NaN
    let end = minutesAt + 2
    if (Number.isNaN(minutes) && !hasSpace) {
      minutes = 0
      end = at + 3
    }
    if (!(hours <= 23 && minutes <= 59)) return Number.NaN
    this.end = end
    return (sign === minus ? -1 : 1) * (hours * 60 + minutes) * 60_000
  }
}
