import { digitsAt, endOfLongLine, endOfWord, marksOf, numberOf } from './find'
import { milliseconds, readTime, remainder } from './utc-time'

const ABSENT: i32 = -1
const INTEGER: i32 = 0x90000000 | 0
const VALUE: i32 = 0xc0000000 | 0
const STRUCTURED_DATA: i32 = 0x40000000

/** OTel's severity numbers of syslog's severities, from emergency to debug. */
const severityNumbers = memory.data<u8>([21, 19, 18, 17, 13, 10, 9, 5])
/** Rows that the last call has written, and whether one of them has nanoseconds. */
export let messages: i32 = 0
export let hasRemainders: i32 = 0

/** The end of a value, `ABSENT` for `-`, which RFC 5424 writes for none. */
// @ts-ignore: decorator
@inline
function valueEnd(start: usize, end: usize, shift: i32): i32 {
  // Without a branch, which would be mispredicted; ABSENT has all bits set.
  return (<i32>end + shift) | -(i32(end == start + 1) & i32(load<u8>(start) == 0x2d))
}

/** The end of the structured data at `from`, or 0 if the line ends in it. Byte by byte, for data with backslashes. */
function endOfEscapedData(from: usize): usize {
  let i = from
  do {
    let isQuoted = false
    do {
      const byte = load<u8>(++i)
      if (byte > 0x5d) continue
      if (byte == 0x22) isQuoted = !isQuoted
      else if (byte == 0x5c && isQuoted && load<u8>(i, 1) != 0x0a) i++
      else if (byte == 0x0a) return 0
    } while (isQuoted || load<u8>(i) != 0x5d)
    i++
  } while (load<u8>(i) == 0x5b)
  return i
}

/** The same, 64 bytes at a time. */
function endOfData(from: usize): usize {
  /** All bits set while a block begins inside quotes. */
  let isQuoted: u64 = 0
  let block = from
  while (true) {
    if (marksOf(block, 0x5c) != 0) return endOfEscapedData(from)
    // A bit is set from the quote that opens to before the one that closes.
    let inside = marksOf(block, 0x22)
    inside ^= inside << 1
    inside ^= inside << 2
    inside ^= inside << 4
    inside ^= inside << 8
    inside ^= inside << 16
    inside ^= inside << 32
    inside ^= isQuoted
    isQuoted = <u64>(<i64>inside >> 63)
    const newlines = marksOf(block, 0x0a)
    for (let ends = marksOf(block, 0x5d) & ~inside; ends != 0; ends &= ends - 1) {
      if ((newlines & (ends ^ (ends - 1))) != 0) return 0
      const end = block + <usize>ctz(ends) + 1
      if (load<u8>(end) != 0x5b) return end
    }
    if (newlines != 0) return 0
    block += 64
  }
}

/**
 * Messages of RFC 5424: writes a row of cells for each, as `SyslogScanner` does in JavaScript, which is the specification.
 * Stops at the first line that is not of the plain form, and leaves it to JavaScript.
 *
 * @param shift from addresses here to offsets in the batch's bytes
 * @param width 32-bit words of a row
 * @param capacity rows that fit
 * @param texts index of the first of the severities' texts among the batch's values; the facilities' follow
 * @returns the beginning of the first line that was not taken, or `end`
 */
export function syslog(
  p: usize, end: usize, shift: i32, cells: usize, times: usize, remainders: usize, severities: usize,
  width: i32, capacity: i32, texts: i32,
): usize {
  let row: i32 = 0
  let o = cells
  hasRemainders = 0
  while (p < end && row < capacity) {
    if (load<u8>(p) != 0x3c) break
    const digits = digitsAt(p + 1)
    if (digits - 1 > 2) break
    const value = <u32>numberOf(p + 1, digits)
    let i = p + 1 + digits
    // `>1 `
    if (value > 191 || (load<u32>(i) & 0xffffff) != 0x20313e) break
    i += 3
    let ms: f64 = NaN
    let nanoseconds: u32 = 0
    if (load<u16>(i) == 0x202d) i++
    else {
      i = readTime(i)
      if (i == 0) break
      ms = milliseconds
      nanoseconds = remainder
    }
    if (load<u8>(i) != 0x20) break
    const hostStart = i + 1
    const hostEnd = endOfWord(hostStart)
    const appStart = hostEnd + 1
    if (load<u8>(hostEnd) != 0x20 || hostEnd == hostStart) break
    const appEnd = endOfWord(appStart)
    const processStart = appEnd + 1
    if (load<u8>(appEnd) != 0x20 || appEnd == appStart) break
    const processEnd = endOfWord(processStart)
    const messageIdStart = processEnd + 1
    if (load<u8>(processEnd) != 0x20 || processEnd == processStart) break
    const messageIdEnd = endOfWord(messageIdStart)
    const dataStart = messageIdEnd + 1
    if (load<u8>(messageIdEnd) != 0x20 || messageIdEnd == messageIdStart) break
    i = dataStart
    const hasData = load<u8>(i) == 0x5b
    if (hasData) {
      i = endOfData(i)
      if (i == 0) break
    } else if (load<u8>(i) == 0x2d) i++
    else break
    if (load<u8>(i) > 0x20) break
    const dataEnd = i
    if (load<u8>(i) == 0x20) i++
    if ((load<u32>(i) & 0xffffff) == 0xbfbbef) i += 3
    const body = i
    i = endOfLongLine(i)
    if (i >= end) break

    const lineStart = <i32>p + shift
    const contentEnd = load<u8>(i - 1) == 0x0d ? i - 1 : i
    const lineEnd = <i32>contentEnd + shift
    store<i32>(o, lineStart)
    store<i32>(o, lineEnd, 4)
    store<i32>(o, body < contentEnd ? <i32>body + shift : lineStart, 8)
    store<i32>(o, lineEnd, 12)
    store<i32>(o, <i32>hostStart + shift, 16)
    store<i32>(o, valueEnd(hostStart, hostEnd, shift), 20)
    store<i32>(o, <i32>appStart + shift, 24)
    store<i32>(o, valueEnd(appStart, appEnd, shift), 28)
    store<i32>(o, <i32>processStart + shift, 32)
    store<i32>(o, valueEnd(processStart, processEnd, shift), 36)
    store<i32>(o, <i32>messageIdStart + shift, 40)
    store<i32>(o, valueEnd(messageIdStart, messageIdEnd, shift), 44)
    store<i32>(o, value, 48)
    store<i32>(o, INTEGER, 52)
    store<i32>(o, value >> 3, 56)
    store<i32>(o, INTEGER, 60)
    store<i32>(o, texts + 8 + <i32>(value >> 3), 64)
    store<i32>(o, VALUE, 68)
    store<i32>(o, 1, 72)
    store<i32>(o, INTEGER, 76)
    store<i32>(o, <i32>dataStart + shift, 80)
    store<i32>(o, hasData ? (<i32>dataEnd + shift) | STRUCTURED_DATA : ABSENT, 84)
    store<i32>(o, texts + <i32>(value & 7), 88)
    store<i32>(o, VALUE, 92)
    for (let word = 25; word < width; word += 2) store<i32>(o + (<usize>word << 2), ABSENT)
    store<f64>(times + (<usize>row << 3), ms)
    store<u32>(remainders + (<usize>row << 2), nanoseconds)
    hasRemainders |= <i32>nanoseconds
    store<u8>(severities + row, load<u8>(severityNumbers + (value & 7)))
    o += <usize>width << 2
    row++
    p = i + 1
  }
  messages = row
  return p
}
