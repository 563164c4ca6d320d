import { Buffer } from 'node:buffer'

/** Where frames go. */
export interface FrameSink {
  /** Messages that each end with a line feed and hold no other. */
  lines(bytes: Buffer, from: number, to: number): void
  /** One message, in which there may be line feeds; line feeds, carriage returns and NUL at its end are none of it. */
  message(bytes: Buffer, from: number, to: number): void
}

export interface FramerOptions {
  /** RFC 6587, 3.4.1: always, never, or told message by message. */
  readonly octetCounting: boolean | undefined
  /** Every byte between trailers belongs to a message: blank lines and indents are kept. There is no octet counting then. */
  readonly isVerbatim?: boolean
  /** RFC 6587, 3.4.2; both if left out. */
  readonly trailer: 'LF' | 'NUL' | undefined
  readonly maxBytes: number
  readonly oversize: 'truncate' | 'drop'
  onFramingError(): void
  onOversize(): void
  /** The connection closed in a message. */
  onIncomplete(): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const zero = 0x30
const less = 0x3c
const nowhere = Number.MAX_SAFE_INTEGER
const nothing: Buffer = Buffer.alloc(0)

/** Digits of a count; more are none. */
const maxDigits = 9
/** How many times the longest message a count may be and is still believed: its frame is skipped. Beyond, it is a lie. */
const believable = 16

const notCounted = -1
const undecided = -2

/** Where the next byte belongs. */
type Place =
  | 'start'
  /** In a message up to its trailer; what is there of it stands in `#partial`. */
  | 'text'
  | 'counted'
  /** In what is left of a message that is too long. */
  | 'surplus'
  /** After a count that was wrong, where nothing is sure until a trailer or the next count. */
  | 'lost'

/**
 * Splits the stream of one connection into messages: octet counting, trailers, or the two mixed. The messages are the
 * same wherever the stream is split. Whole messages are passed on where they lie; only one that a chunk cuts is copied.
 * @see RFC 6587
 */
export class Framer {
  readonly #options: FramerOptions
  readonly #sink: FrameSink
  readonly #endsAtLineFeed: boolean
  readonly #endsAtNul: boolean
  #place: Place = 'start'
  /** A beginning that may be a count: a few bytes. */
  #rest: Buffer = nothing
  #hadRest = false
  #partial: Buffer = nothing
  #length = 0
  /** Bytes of a counted message that are to come. */
  #remaining = 0
  #isOversize = false
  #wasCounted = false
  #count = 0
  /** Offsets of the next trailers in the chunk at hand, searched for once. */
  #nextLineFeed = -1
  #nextNul = -1
  /** How far a count is recognised where nothing is sure: digits, the space after them, `<`. */
  #recognised = 0
  #digitsAt = 0
  #digits = 0
  #begun = 0

  constructor(options: FramerOptions, sink: FrameSink) {
    this.#options = options
    this.#sink = sink
    this.#endsAtLineFeed = options.trailer !== 'NUL'
    this.#endsAtNul = options.trailer !== 'LF'
  }

  /** A number for the message that has begun and has no end yet, or 0. */
  get unfinished(): number {
    return this.#place === 'start' && this.#rest.length === 0 ? 0 : this.#begun
  }

  push(chunk: Buffer): void {
    this.#hadRest = this.#rest.length > 0
    const bytes = this.#hadRest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = nothing
    this.#nextLineFeed = -1
    this.#nextNul = -1
    const to = bytes.length
    for (let at = 0; at < to; ) {
      if (this.#place === 'start') at = this.#readWhole(bytes, at, to)
      else if (this.#place === 'text') at = this.#readText(bytes, at)
      else if (this.#place === 'counted') at = this.#readCounted(bytes, at, to)
      else if (this.#place === 'surplus') at = this.#skipText(bytes, at)
      else at = this.#findWay(bytes, at, to)
    }
  }

  /** The connection has closed: what is there of a message is one. */
  end(): void {
    if (this.#place === 'counted') {
      this.#options.onIncomplete()
      if (this.#isOversize) this.#emitCut(this.#partial, 0, this.#length)
      else this.#sink.message(this.#partial, 0, this.#length)
    } else if (this.#place === 'text' || this.#place === 'lost') {
      this.#sink.message(this.#partial, 0, this.#length)
    } else if (this.#rest.length > 0) {
      this.#sink.message(this.#rest, 0, this.#rest.length)
    }
    this.#rest = nothing
    this.#partial = nothing
    this.#length = 0
    this.#place = 'start'
  }

  /** Reads messages that the chunk holds whole, and begins what it does not. */
  #readWhole(bytes: Buffer, from: number, to: number): number {
    const { octetCounting, maxBytes, isVerbatim = false } = this.#options
    let run = from
    let at = from
    while (at < to) {
      const byte = bytes[at] ?? 0
      if (!isVerbatim && (byte === less ? octetCounting === true : byte < 0x3a)) {
        if (byte <= space && isGap(byte)) {
          if (at > run) this.#sink.lines(bytes, run, at)
          run = ++at
          continue
        }
        const body = octetCounting === false ? notCounted : this.#bodyAfterCount(bytes, at, to)
        if (body === undecided) {
          if (at > run) this.#sink.lines(bytes, run, at)
          this.#rest = Buffer.from(bytes.subarray(at, to))
          if (at > 0 || !this.#hadRest) this.#begun++
          return to
        }
        if (body !== notCounted) {
          if (at > run) this.#sink.lines(bytes, run, at)
          this.#wasCounted = true
          run = body + this.#count
          if (this.#count > maxBytes || run > to) {
            this.#beginCounted()
            return body
          }
          this.#sink.message(bytes, body, run)
          at = run
          continue
        }
      }
      if (octetCounting === true || (this.#wasCounted && byte !== less)) {
        if (at > run) this.#sink.lines(bytes, run, at)
        this.#lose()
        return at
      }
      this.#wasCounted = false
      const end = this.#trailerAfter(bytes, at)
      if (end === nowhere || end - at > maxBytes || bytes[end] !== lineFeed) {
        if (at > run) this.#sink.lines(bytes, run, at)
        this.#begin('text')
        return at
      }
      at = end + 1
    }
    if (at > run) this.#sink.lines(bytes, run, Math.min(at, to))
    return at
  }

  #begin(place: Place): void {
    this.#place = place
    this.#length = 0
    this.#begun++
  }

  #beginCounted(): void {
    this.#begin('counted')
    this.#remaining = this.#count
    this.#isOversize = this.#count > this.#options.maxBytes
    if (this.#isOversize) this.#options.onOversize()
  }

  #lose(): void {
    this.#begin('lost')
    this.#recognised = 0
    this.#options.onFramingError()
  }

  /** `177 <13>…`: where the message begins whose length is counted, with the length in `#count`. */
  #bodyAfterCount(bytes: Buffer, from: number, to: number): number {
    const limit = Math.min(to, from + maxDigits + 1)
    let at = from
    let count = 0
    for (let digit = 0; at < limit; at++) {
      digit = (bytes[at] ?? 0) - zero
      if (digit < 0 || digit > 9) break
      count = count * 10 + digit
    }
    if (at - from > maxDigits || count === 0) return notCounted
    for (let next = 0; next < 3; next++) {
      if (at + next >= to) return undecided
      const byte = bytes[at + next] ?? 0
      if (next === 0 ? byte !== space : next === 1 ? byte !== less : byte < zero || byte > zero + 9) return notCounted
    }
    if (count > believable * this.#options.maxBytes) {
      this.#options.onFramingError()
      return notCounted
    }
    this.#count = count
    return at + 1
  }

  #trailerAfter(bytes: Buffer, at: number): number {
    if (this.#endsAtLineFeed && this.#nextLineFeed < at) {
      const found = bytes.indexOf(lineFeed, at)
      this.#nextLineFeed = found < 0 ? nowhere : found
    }
    if (this.#endsAtNul && this.#nextNul < at) {
      const found = bytes.indexOf(0, at)
      this.#nextNul = found < 0 ? nowhere : found
    }
    if (!this.#endsAtNul) return this.#nextLineFeed
    return this.#endsAtLineFeed && this.#nextLineFeed < this.#nextNul ? this.#nextLineFeed : this.#nextNul
  }

  #readText(bytes: Buffer, at: number): number {
    const { maxBytes } = this.#options
    const end = this.#trailerAfter(bytes, at)
    const to = end === nowhere ? bytes.length : end
    if (this.#length + to - at > maxBytes) {
      this.#options.onOversize()
      this.#keep(bytes, at, at + maxBytes - this.#length)
      this.#emitCut(this.#partial, 0, this.#length)
      this.#place = end === nowhere ? 'surplus' : 'start'
    } else {
      this.#keep(bytes, at, to)
      if (end === nowhere) return to
      if (bytes[end] === lineFeed) {
        this.#keep(bytes, end, end + 1)
        this.#sink.lines(this.#partial, 0, this.#length)
      } else {
        this.#sink.message(this.#partial, 0, this.#length)
      }
      this.#place = 'start'
    }
    this.#release()
    return end === nowhere ? to : end + 1
  }

  #skipText(bytes: Buffer, at: number): number {
    const end = this.#trailerAfter(bytes, at)
    if (end === nowhere) return bytes.length
    this.#place = 'start'
    return end + 1
  }

  #readCounted(bytes: Buffer, at: number, to: number): number {
    const taken = Math.min(this.#remaining, to - at)
    this.#keep(bytes, at, at + Math.min(taken, this.#options.maxBytes - this.#length))
    this.#remaining -= taken
    if (this.#remaining > 0) return to
    if (this.#isOversize) this.#emitCut(this.#partial, 0, this.#length)
    else this.#sink.message(this.#partial, 0, this.#length)
    this.#place = 'start'
    this.#release()
    return at + taken
  }

  /** Byte by byte to the next trailer or count. What lies before it is kept as a message: it may be the end of one. */
  #findWay(bytes: Buffer, from: number, to: number): number {
    const { octetCounting, maxBytes } = this.#options
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      const isTrailer = (byte === lineFeed && this.#endsAtLineFeed) || (byte === 0 && this.#endsAtNul)
      if (isTrailer && octetCounting !== true) {
        this.#sink.message(this.#partial, 0, this.#length)
        this.#place = 'start'
        this.#release()
        return at + 1
      }
      if (this.#recognises(byte)) {
        this.#sink.message(this.#partial, 0, this.#digitsAt)
        this.#beginCounted()
        this.#partial[0] = less
        this.#length = 1
        this.#remaining--
        return at
      }
      if (this.#length >= maxBytes) {
        this.#options.onOversize()
        this.#emitCut(this.#partial, 0, this.#length)
        this.#length = 0
        this.#recognised = 0
      }
      if (this.#length === this.#partial.length) this.#enlarge(this.#length + 1)
      this.#partial[this.#length++] = byte
    }
    return to
  }

  /** Whether this byte is the first digit of a priority after a count that can be believed. */
  #recognises(byte: number): boolean {
    const isDigit = byte >= zero && byte <= zero + 9
    if (isDigit && this.#recognised === 3) return this.#count <= believable * this.#options.maxBytes
    if (isDigit) {
      if (this.#recognised !== 1) {
        this.#recognised = 1
        this.#digitsAt = this.#length
        this.#digits = 0
        this.#count = 0
      }
      this.#digits++
      this.#count = this.#count * 10 + byte - zero
      return false
    }
    const isNext =
      (byte === space && this.#recognised === 1 && this.#digits <= maxDigits && this.#count > 0) ||
      (byte === less && this.#recognised === 2)
    this.#recognised = isNext ? this.#recognised + 1 : 0
    return false
  }

  #emitCut(bytes: Buffer, from: number, to: number): void {
    if (this.#options.oversize === 'truncate') this.#sink.message(bytes, from, wholeCharacters(bytes, from, to))
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + to - from
    if (length > this.#partial.length) this.#enlarge(length)
    bytes.copy(this.#partial, this.#length, from, to)
    this.#length = length
  }

  #enlarge(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(1024, length, this.#partial.length * 2))
    this.#partial.copy(larger, 0, 0, this.#length)
    this.#partial = larger
  }

  /** Keeps no more room than most messages need. */
  #release(): void {
    this.#length = 0
    if (this.#partial.length > 64 * 1024) this.#partial = nothing
  }
}

/** What stands between frames: more trailers than there should be, and the space that some devices put before a count. */
const isGap = (byte: number): boolean => byte === lineFeed || byte === carriageReturn || byte === 0 || byte === space

/** The end of the last character of UTF-8 that `bytes[from…to)` holds whole. */
function wholeCharacters(bytes: Buffer, from: number, to: number): number {
  let lead = to - 1
  while (lead > from && to - lead < 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--
  const byte = bytes[lead] ?? 0
  const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
  return to - lead < length ? lead : to
}
