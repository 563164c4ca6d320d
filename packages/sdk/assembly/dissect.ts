const STRING: i32 = 0x00000000
const NUMBER: i32 = 0x20000000
const INTEGER: i32 = 0x90000000 | 0
const BOOLEAN: i32 = 0xa0000000 | 0
const ABSENT: i32 = -1

const TRUE: u32 = 0x65757274
const FALS: u32 = 0x736c6166
/** Longer numbers stay text. */
const MAX_DIGITS: usize = 15

/** Lines that the last call has taken apart. */
export let dissected: i32 = 0

/** What does not change from line to line; see `dissect`. */
let parts: usize = 0
let partCount: i32 = 0
let head: usize = 0
let headLength: usize = 0
let plain: usize = 0
let starts: usize = 0

/**
 * @param table ten words for each part: its delimiter's address, length and first byte, whether it may stand several
 * times, the numbers of the fields that begin and end with the part, and the delimiter's first eight bytes with a mask
 * @param isPlain a byte for each field: whether numbers and booleans are such
 * @param scratch a word for each field, and one more
 */
export function beginDissect(
  table: usize, count: i32, headAt: usize, headBytes: usize, isPlain: usize, scratch: usize,
): void {
  parts = table
  partCount = count
  head = headAt
  headLength = headBytes
  plain = isPlain
  starts = scratch
}

/** The first such byte at or after `at`, or something not before `to`. */
// @ts-ignore: decorator
@inline
function find(at: usize, byte: v128, to: usize): usize {
  while (at < to) {
    const marks = i8x16.bitmask(i8x16.eq(v128.load(at), byte))
    if (marks != 0) return at + ctz(marks)
    at += 16
  }
  return to
}

// @ts-ignore: decorator
@inline
function standsAt(text: usize, length: usize, at: usize, to: usize): bool {
  if (at + length > to) return false
  for (let index: usize = 0; index < length; index++) {
    if (load<u8>(at + index) != load<u8>(text + index)) return false
  }
  return true
}

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 <= 9
}

function afterDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++
  return at
}

/** Whether the bytes are a number of JSON. */
function isNumber(start: usize, end: usize): bool {
  const from = start + usize(load<u8>(start) == 0x2d)
  let at = afterDigits(from, end)
  if (at == from || (load<u8>(from) == 0x30 && at > from + 1)) return false
  if (at < end && load<u8>(at) == 0x2e) {
    const fraction = at + 1
    at = afterDigits(fraction, end)
    if (at == fraction) return false
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(at, 1)
    const exponent = at + (at + 1 < end && (sign == 0x2b || sign == 0x2d) ? 2 : 1)
    at = afterDigits(exponent, end)
    if (at == exponent) return false
  }
  return at == end
}

/** Writes the cell of a field. */
// @ts-ignore: decorator
@inline
function cell(out: usize, start: usize, end: usize, shift: i32, isPlain: bool): void {
  let a = <i32>start + shift
  let b = STRING | (<i32>end + shift)
  if (start >= end) {
    b = ABSENT
  } else if (isPlain) {
    const first = <u32>load<u8>(start)
    const length = end - start
    if (isDigit(first) || first == 0x2d) {
      if (length <= 9 && (first != 0x30 || length == 1) && afterDigits(start, end) == end) {
        let value: i32 = 0
        for (let at = start; at < end; at++) value = value * 10 + load<u8>(at) - 0x30
        a = value
        b = INTEGER
      } else if (length <= MAX_DIGITS && isNumber(start, end)) {
        b |= NUMBER
      }
    } else if ((length == 4 && load<u32>(start) == TRUE) || (length == 5 && load<u32>(start) == FALS && load<u8>(start, 4) == 0x65)) {
      a = i32(length == 4)
      b = BOOLEAN
    }
  }
  store<i32>(out, a)
  store<i32>(out, b, 4)
}

/** Whether a text stands at `at`: its first eight bytes as a word, with the bits of it that count. */
// @ts-ignore: decorator
@inline
function isAt(word: u64, mask: u64, text: usize, length: usize, at: usize, to: usize): bool {
  if ((load<u64>(at) & mask) != word) return false
  return at + length <= to && (length <= 8 || standsAt(text, length, at, to))
}

/** Takes one line apart, as `LineDissector` does in JavaScript, which is the specification. */
function takeApart(start: usize, to: usize, shift: i32, out: usize): bool {
  if (!standsAt(head, headLength, start, to)) return false
  let at = start + headLength
  let part = parts
  for (let index = 0; index < partCount; index++, part += 40) {
    const text = <usize>load<u32>(part)
    const length = <usize>load<u32>(part, 4)
    const word = load<u64>(part, 24)
    const mask = load<u64>(part, 32)
    store<u32>(starts + (<usize>load<u32>(part, 16) << 2), at)
    let end = to
    if (length > 0) {
      const first = i8x16.splat(<i8>load<u32>(part, 8))
      end = find(at, first, to)
      while (!isAt(word, mask, text, length, end, to)) {
        if (end >= to) return false
        end = find(end + 1, first, to)
      }
    }
    const field = <usize>load<u32>(part, 20)
    cell(out + (field << 3), <usize>load<u32>(starts + (field << 2)), end, shift, load<u8>(plain + field) != 0)
    at = end + length
    if (load<u32>(part, 12) != 0) while (isAt(word, mask, text, length, at, to)) at += length
  }
  return at == to
}

/**
 * Takes lines apart. For each that is not empty three words are written (where it begins and ends, whether it is of the
 * pattern), then the cells of its fields, and a cell of no meaning.
 *
 * @param from the beginning of a line
 * @param to after the newline of the last line
 * @param shift from addresses here to offsets in the batch's bytes
 * @param room lines that fit
 * @returns the beginning of the first line that was not read, or `to`
 */
export function dissect(from: usize, to: usize, shift: i32, out: usize, width: usize, room: i32): usize {
  const newline = i8x16.splat(0x0a)
  let at = from
  let count = 0
  while (at < to && count < room) {
    const next = find(at, newline, to)
    let end = next
    if (end > at && load<u8>(end - 1) == 0x0d) end--
    if (end > at) {
      store<i32>(out, <i32>at + shift)
      store<i32>(out, <i32>end + shift, 4)
      store<i32>(out, i32(takeApart(at, end, shift, out + 12)), 8)
      out += width
      count++
    }
    at = next + 1
  }
  dissected = count
  return at
}
