import { Buffer } from 'node:buffer'
import { Cell, endOf, kindOf } from './cell.ts'

/** Bytes to copy from, eight at a time. A class, so that all of them have one shape and access stays monomorphic. */
export class ByteSource {
  readonly bytes: Buffer
  readonly view: DataView
  readonly length: number

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.length = bytes.length
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}

const quote = 0x22
const backslash = 0x5c
const letterU = 0x75

/** What stands after the backslash for a byte that must be escaped: a letter, `u` for `\u00XX`, 0 if it stands as it is. */
const escapeLetters = new Uint8Array(256)
escapeLetters.fill(letterU, 0, 0x20)
for (const [byte, letter] of ['\bb', '\ff', '\nn', '\rr', '\tt', '""', '\\\\'].map((pair) => Buffer.from(pair))) {
  if (byte !== undefined && letter !== undefined) escapeLetters[byte] = letter
}
const hexDigits = Buffer.from('0123456789abcdef')

/** Bytes that are escaped between two checks for room. */
const stretch = 4096
/** Bytes from which a call of `Buffer.copy` is quicker than a loop. */
const longCopy = 512
/** How many places of escapes are remembered of one text. */
const maxEscapes = 64

/**
 * Which of four bytes are control characters, `"` or `\`: the top bit of the lowest that is one is set, and no bit if
 * there is none. A byte exclusive-or 2 is below 0x21 if it is a control character or the quote; neither constant changes
 * a top bit, which says that a byte is part of a longer character.
 * @see https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
const escapesIn = (word: number): number =>
  (((word ^ 0x02020202) - 0x21212121) | ((word ^ 0x5c5c5c5c) - 0x01010101)) & ~word & 0x80808080

/** Index of the lowest byte that has its top bit set. */
const lowestByte = (marks: number): number => 3 - (Math.clz32(marks & -marks) >> 3)

/** The keys of a row's attributes, by column: the slot, and where the key stands in the literals, with a quote behind it. */
export interface MemberKeys {
  readonly slots: Int32Array
  readonly froms: Int32Array
  readonly tos: Int32Array
  readonly literals: { readonly source: ByteSource }
}

/**
 * Writes JSON as UTF-8 into a buffer that grows with need. Copies go a word at a time and run over the end of what is
 * copied, into bytes that are written next: that is several times faster than a byte at a time, and for texts under
 * some hundred bytes than a call of `Buffer.copy`.
 */
export class JsonWriter {
  bytes: Buffer
  length = 0
  #view: DataView
  #capacity: number
  /** Offsets in the source of the bytes that the last `text` escaped. */
  readonly #escapes = new Int32Array(maxEscapes)
  #escapeCount = 0
  #next = 0
  #knownFrom = 0
  #knownTo = 0

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.#capacity = capacity
    this.#view = new ByteSource(this.bytes).view
  }

  /** Makes room for `count` more bytes, and for the word that a copy may run over. */
  reserve(count: number): void {
    const needed = this.length + count + 8
    if (needed > this.#capacity) this.#resize(Math.max(needed, this.bytes.length * 2))
  }

  /** Forgets what was written; memory that an unusually long text took is given back. */
  clear(capacity: number): void {
    this.length = 0
    if (this.bytes.length > capacity * 2) this.#resize(capacity)
  }

  /** Forgets what is known of the escapes of the last text: the source has changed. */
  forget(): void {
    this.#knownTo = this.#knownFrom
  }

  byte(value: number): void {
    if (this.length >= this.#capacity) this.reserve(1)
    this.bytes[this.length++] = value
  }

  /** Copies bytes as they are. */
  copy(source: ByteSource, from: number, to: number): void {
    const { view } = source
    const count = to - from
    this.reserve(count)
    let at = this.length
    this.length = at + count
    if (count > longCopy || to + 8 > source.length) {
      source.bytes.copy(this.bytes, at, from, to)
      return
    }
    // As doubles, since those are the widest words that cost nothing. A signalling NaN could come out changed; in UTF-8
    // there is none: its last two bytes would be F0…FF followed by 7F or FF.
    const target = this.#view
    for (let read = from; read < to; read += 8, at += 8) target.setFloat64(at, view.getFloat64(read, true), true)
  }

  /** Copies UTF-8 text as the inside of a JSON string. */
  text(source: ByteSource, from: number, to: number): void {
    if (from >= this.#knownFrom && to <= this.#knownTo) {
      if (this.#hasEscape(from, to)) this.#escape(source, from, to, -1)
      else this.copy(source, from, to)
      return
    }
    const count = this.#escape(source, from, to, 0)
    this.#escapeCount = count
    this.#next = 0
    this.#knownFrom = from
    this.#knownTo = count <= maxEscapes ? to : from
  }

  /**
   * Writes a key and a value for each attribute of a row that has one, as far as they are quick to write: texts without
   * an escape, ranges that are JSON already, small numbers. All is in one loop over local variables, which is twice as
   * fast as a call for each piece.
   * @param row index of the row's first cell
   * @returns the first column that it did not write
   */
  members(
    cells: Int32Array,
    row: number,
    { slots, froms, tos, literals }: MemberKeys,
    first: number,
    count: number,
    source: ByteSource,
  ): number {
    const { view } = source
    const keys = literals.source.view
    const target = this.#view
    const { bytes } = this
    const capacity = this.#capacity
    const escapes = this.#escapes
    const escapeCount = this.#escapeCount
    const knownFrom = this.#knownFrom
    const knownTo = this.#knownTo
    const lastEnd = source.length - 8
    let next = this.#next
    let at = this.length
    let column = first
    for (; column < count; column++) {
      const cell = row + (slots[column] ?? 0) * 2
      const a = cells[cell] ?? 0
      const b = cells[cell + 1] ?? Cell.ABSENT
      if (b === Cell.ABSENT) continue
      const kind = kindOf(b)
      const isInteger = kind === Cell.INTEGER
      const end = isInteger ? a : endOf(b)
      if (kind === Cell.STRING) {
        if (a < knownFrom || b > knownTo) break
        if (next > 0 && (escapes[next - 1] ?? 0) >= a) next = 0
        while (next < escapeCount && (escapes[next] ?? 0) < a) next++
        if (next < escapeCount && (escapes[next] ?? 0) < b) break
      } else if (kind === Cell.INTEGER) {
        if (a < 0 || a >= 100_000) break
      } else if (kind !== Cell.ESCAPED && kind !== Cell.NUMBER) {
        break
      }
      const from = froms[column] ?? 0
      const isQuoted = kind === Cell.STRING || kind === Cell.ESCAPED
      // The quote is the key's last byte.
      const start = at + (tos[column] ?? 0) - from - (isQuoted ? 0 : 1)
      if (!isInteger && (end - a > longCopy || end > lastEnd)) break
      if (start + end - a + 16 > capacity) break
      for (let read = from; at < start; read += 8, at += 8) target.setFloat64(at, keys.getFloat64(read, true), true)
      at = start
      if (isInteger) {
        at += a < 10 ? 1 : a < 100 ? 2 : a < 1000 ? 3 : a < 10_000 ? 4 : 5
        let rest = a
        for (let digit = at - 1; digit >= start; digit--) {
          const tenth = (rest / 10) | 0
          bytes[digit] = 0x30 + rest - tenth * 10
          rest = tenth
        }
        continue
      }
      const stop = start + end - a
      for (let read = a; at < stop; read += 8, at += 8) target.setFloat64(at, view.getFloat64(read, true), true)
      at = stop
      if (isQuoted) bytes[at++] = quote
    }
    this.#next = next
    this.length = at
    return column
  }

  /** Writes ASCII or other text that is JSON already. */
  json(text: string): void {
    this.reserve(text.length * 3)
    this.length += this.bytes.write(text, this.length)
  }

  integer(value: number): void {
    this.reserve(11)
    let rest = value
    if (value < 0) {
      this.bytes[this.length++] = 0x2d
      rest = -value
    }
    let digits = 1
    for (let limit = 10; rest >= limit; limit *= 10) digits++
    this.digits(rest, digits)
  }

  /** Writes the last `count` digits of a number, with zeros in front. */
  digits(value: number, count: number): void {
    this.reserve(count)
    let rest = value
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10)
      this.bytes[at] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    this.length += count
  }

  /** Whether the last text, of which this is a part, has an escape there. Parts are mostly asked for in order. */
  #hasEscape(from: number, to: number): boolean {
    const escapes = this.#escapes
    const count = this.#escapeCount
    let next = this.#next
    if (next > 0 && (escapes[next - 1] ?? 0) >= from) next = 0
    while (next < count && (escapes[next] ?? 0) < from) next++
    this.#next = next
    return next < count && (escapes[next] ?? 0) < to
  }

  /**
   * @param count escapes that are remembered already, or -1 to leave those alone
   * @returns how many are remembered now
   */
  #escape(source: ByteSource, from: number, to: number, count: number): number {
    const { bytes, view } = source
    const escapes = this.#escapes
    const lastRun = source.length - 16
    let known = count
    let read = from
    while (read < to) {
      const stop = Math.min(read + stretch, to)
      this.reserve(stretch * 6 + 16)
      const target = this.#view
      const written = this.bytes
      let at = this.length
      while (read < stop) {
        let plain = 0
        if (read <= lastRun) {
          const one = view.getInt32(read, true)
          const two = view.getInt32(read + 4, true)
          const three = view.getInt32(read + 8, true)
          const four = view.getInt32(read + 12, true)
          target.setInt32(at, one, true)
          target.setInt32(at + 4, two, true)
          target.setInt32(at + 8, three, true)
          target.setInt32(at + 12, four, true)
          const marks = escapesIn(one)
          const twoMarks = escapesIn(two)
          const threeMarks = escapesIn(three)
          const fourMarks = escapesIn(four)
          if ((marks | twoMarks | threeMarks | fourMarks) === 0) {
            at += 16
            read += 16
            continue
          }
          if (marks !== 0) plain = lowestByte(marks)
          else if (twoMarks !== 0) plain = 4 + lowestByte(twoMarks)
          else if (threeMarks !== 0) plain = 8 + lowestByte(threeMarks)
          else plain = 12 + lowestByte(fourMarks)
          at += plain
          read += plain
          if (read >= stop) break
        }
        const byte = bytes[read] ?? 0
        const letter = escapeLetters[byte] ?? 0
        if (letter === 0) {
          written[at++] = byte
        } else {
          if (known >= 0) escapes[known++] = read
          written[at++] = backslash
          written[at++] = letter
          if (letter === letterU) {
            written[at++] = 0x30
            written[at++] = 0x30
            written[at++] = hexDigits[byte >> 4] ?? 0
            written[at++] = hexDigits[byte & 15] ?? 0
          }
        }
        read++
      }
      // Runs go past the end of the text.
      this.length = at - (read - stop)
      read = stop
    }
    return known
  }

  #resize(capacity: number): void {
    const bytes = Buffer.allocUnsafeSlow(capacity)
    this.bytes.copy(bytes, 0, 0, this.length)
    this.bytes = bytes
    this.#capacity = capacity
    this.#view = new ByteSource(bytes).view
  }
}
