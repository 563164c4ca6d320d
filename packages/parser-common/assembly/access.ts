import { clfTime } from './clf-time'
import { digitsAt, endOfLine, endOfPath, endOfQuery, endOfWord, lettersAt, numberOf, quotesIn, targetIn } from './find'

const ABSENT: i32 = -1
const INTEGER: i32 = 0x90000000 | 0
const NUMBER: i32 = 0x20000000
const HTTP: u32 = 0x50545448

/** Format codes: which of the two forms of a line are taken. */
const COMBINED: i32 = 1
const COMMON: i32 = 2

/** Rows that the last call has written. */
export let rows: i32 = 0

/** The time that was read last, as text of 28 bytes with its bracket and the space after it, and as a number. */
const known: usize = memory.data(32, 16)
let knownTime: f64 = NaN

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9
}

/** The end of a value, `ABSENT` if it is `-` or nothing. */
// @ts-ignore: decorator
@inline
function valueEnd(start: usize, end: usize, shift: i32): i32 {
  // Without branches, which would be mispredicted: about half of all values are a dash. ABSENT has all bits set.
  const isAbsent = i32(end <= start) | (i32(end == start + 1) & i32(load<u8>(start) == 0x2d))
  return (<i32>end + shift) | -isAbsent
}

// @ts-ignore: decorator
@inline
function isKnownTime(at: usize): bool {
  const first = v128.xor(v128.load(at), v128.load(known))
  const last = v128.xor(v128.load(at, 12), v128.load(known, 12))
  return !v128.any_true(v128.or(first, last))
}

/**
 * Access logs: writes a row of cells for each well-formed line, as `AccessScanner` does in JavaScript, which is the
 * specification. Stops at the first line that is not of the plain form, and leaves it to JavaScript.
 *
 * @param p beginning of a line
 * @param end after the newline of the last line
 * @param shift from addresses here to offsets in the batch's bytes
 * @param width 32-bit words of a row
 * @param capacity rows that fit
 * @returns the beginning of the first line that was not taken, or `end`
 */
export function access(
  p: usize, end: usize, shift: i32, cells: usize, times: usize, severities: usize, width: i32, capacity: i32, format: i32,
): usize {
  let row: i32 = 0
  let o = cells
  while (p < end && row < capacity) {
    let i = endOfWord(p)
    if (load<u8>(i) != 0x20) {
      if (i > p) break
      if (load<u8>(i) == 0x0a) p = i + 1
      else if (load<u8>(i) == 0x0d && load<u8>(i, 1) == 0x0a) p = i + 2
      else break
      continue
    }
    const addressEnd = i
    if (addressEnd == p) break
    i++
    if (load<u16>(i) == 0x202d) i += 2
    else {
      i = endOfWord(i)
      if (load<u8>(i) != 0x20) break
      i++
    }
    const userStart = i
    if (load<u16>(i) == 0x202d) i++
    else i = endOfWord(i)
    while (load<u8>(i) == 0x20 && load<u8>(i, 1) != 0x5b) i = endOfWord(i + 1)
    const userEnd = i
    if (load<u8>(i) != 0x20 || userEnd == userStart) break
    i += 2

    if (!isKnownTime(i)) {
      if (load<u16>(i, 26) != 0x205d) break
      const time = clfTime(i)
      if (isNaN(time)) break
      memory.copy(known, i, 28)
      knownTime = time
    }
    i += 28

    if (load<u8>(i) != 0x22) break
    i++
    const requestStart = i
    i += lettersAt(i)
    const methodEnd = i
    if (load<u16>(i) != 0x2f20 || i == requestStart) break
    i += 2
    let pathEnd: usize
    const ends = targetIn(i)
    if (<u32>ends != 0) {
      pathEnd = i + <usize>ctz(ends | (ends >> 32))
      i += <usize>ctz(<u32>ends)
    } else {
      pathEnd = endOfPath(i)
      i = load<u8>(pathEnd) == 0x3f ? endOfQuery(pathEnd + 1) : pathEnd
    }
    const queryEnd = i
    if (load<u8>(i) != 0x20 || load<u32>(i, 1) != HTTP || load<u8>(i, 5) != 0x2f) break
    const versionStart = i + 6
    if (!isDigit(load<u8>(i, 6)) || load<u8>(i, 7) != 0x2e || !isDigit(load<u8>(i, 8)) || load<u16>(i, 9) != 0x2022) break
    i += 11

    const hundreds = <u32>load<u8>(i) - 0x30
    const tens = <u32>load<u8>(i, 1) - 0x30
    const ones = <u32>load<u8>(i, 2) - 0x30
    if (hundreds > 9 || tens > 9 || ones > 9 || load<u8>(i, 3) != 0x20) break
    const code = <i32>(hundreds * 100 + tens * 10 + ones)
    i += 4
    const sizeStart = i
    let length: i32 = 0
    const digits = digitsAt(i)
    if (digits == 0) {
      if (load<u8>(i) != 0x2d) break
      i++
    } else if (digits <= 8) {
      length = numberOf(i, digits)
      i += digits
    } else {
      for (let digit = <u32>load<u8>(i) - 0x30; digit <= 9; digit = <u32>load<u8>(++i) - 0x30) length = length * 10 + <i32>digit
    }
    const sizeEnd = i
    let byte = load<u8>(i)
    if (byte > 0x20) break

    let refererEnd: usize = 0
    let agentEnd: usize = 0
    let forwardedEnd: usize = 0
    if (load<u16>(i) == 0x2220 && format != COMMON) {
      // The quotes and newlines of the rest of the line, 64 bytes at a time; the first one is passed over.
      let block = i
      let marks = quotesIn(block) & ~3
      while (marks == 0) marks = quotesIn((block += 64))
      refererEnd = block + <usize>ctz(marks)
      marks &= marks - 1
      // Whether a quote behind a backslash ends the value is for JavaScript to say.
      if (load<u8>(refererEnd) != 0x22 || load<u8>(refererEnd - 1) == 0x5c || load<u16>(refererEnd, 1) != 0x2220) break
      while (marks == 0) marks = quotesIn((block += 64))
      marks &= marks - 1
      while (marks == 0) marks = quotesIn((block += 64))
      agentEnd = block + <usize>ctz(marks)
      marks &= marks - 1
      if (load<u8>(agentEnd) != 0x22 || load<u8>(agentEnd - 1) == 0x5c) break
      i = agentEnd + 1
      byte = load<u8>(i)
      if (byte > 0x20) break
      if (load<u16>(i) == 0x2220) {
        while (marks == 0) marks = quotesIn((block += 64))
        marks &= marks - 1
        while (marks == 0) marks = quotesIn((block += 64))
        forwardedEnd = block + <usize>ctz(marks)
        if (load<u8>(forwardedEnd) != 0x22 || load<u8>(forwardedEnd - 1) == 0x5c) break
      }
    } else if (format == COMBINED) break
    if (byte != 0x0a) i = endOfLine(i)
    if (i >= end) break

    const lineStart = <i32>p + shift
    const lineEnd = <i32>(load<u8>(i - 1) == 0x0d ? i - 1 : i) + shift
    const isWithQuery = queryEnd > pathEnd
    store<i32>(o, lineStart)
    store<i32>(o, lineEnd, 4)
    store<i32>(o, lineStart, 8)
    store<i32>(o, lineEnd, 12)
    store<i32>(o, lineStart, 16)
    store<i32>(o, valueEnd(p, addressEnd, shift), 20)
    store<i32>(o, <i32>userStart + shift, 24)
    store<i32>(o, valueEnd(userStart, userEnd, shift), 28)
    store<i32>(o, <i32>requestStart + shift, 32)
    store<i32>(o, <i32>methodEnd + shift, 36)
    store<i32>(o, <i32>methodEnd + 1 + shift, 40)
    store<i32>(o, <i32>pathEnd + shift, 44)
    store<i32>(o, <i32>pathEnd + 1 + shift, 48)
    store<i32>(o, isWithQuery ? <i32>queryEnd + shift : ABSENT, 52)
    store<i32>(o, ABSENT, 60)
    store<i32>(o, <i32>versionStart + shift, 64)
    const isWhole = load<u8>(versionStart, 2) == 0x30 && load<u8>(versionStart) > 0x31
    store<i32>(o, <i32>versionStart + shift + (isWhole ? 1 : 3), 68)
    store<i32>(o, code, 72)
    store<i32>(o, INTEGER, 76)
    if (sizeEnd - sizeStart < 10) {
      store<i32>(o, length, 80)
      store<i32>(o, load<u8>(sizeStart) == 0x2d ? ABSENT : INTEGER, 84)
    } else {
      store<i32>(o, <i32>sizeStart + shift, 80)
      store<i32>(o, (<i32>sizeEnd + shift) | NUMBER, 84)
    }
    store<i32>(o, <i32>sizeEnd + 2 + shift, 88)
    store<i32>(o, valueEnd(sizeEnd + 2, refererEnd, shift), 92)
    store<i32>(o, <i32>refererEnd + 3 + shift, 96)
    store<i32>(o, valueEnd(refererEnd + 3, agentEnd, shift), 100)
    store<i32>(o, <i32>agentEnd + 3 + shift, 104)
    store<i32>(o, valueEnd(agentEnd + 3, forwardedEnd, shift), 108)
    for (let word = 29; word < width; word += 2) store<i32>(o + (<usize>word << 2), ABSENT)
    store<f64>(times + (<usize>row << 3), knownTime)
    store<u8>(severities + row, 9 + (i32(code >= 400) << 2) + (i32(code >= 500) << 2))
    o += <usize>width << 2
    row++
    p = i + 1
  }
  rows = row
  return p
}
