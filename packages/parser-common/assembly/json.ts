import { endOfLine } from './find'

const ESCAPED: i32 = 0x10000000
const NUMBER: i32 = 0x20000000
const JSON: i32 = 0x30000000
const BOOLEAN: i32 = 0xa0000000 | 0
const NULL: i32 = 0xb0000000 | 0

/** What no value can end at: the text is no JSON. */
const INVALID: usize = 0

/** Levels of nesting beyond which a value is refused. */
const MAX_DEPTH: i32 = 512
/** For each level that is open, whether it is an object. */
const isObject: usize = memory.data(512)

/** Whether the string that was read last has escapes. */
let isEscaped: bool = false

// @ts-ignore: decorator
@inline
function afterSpace(from: usize): usize {
  let at = from
  let byte = load<u8>(at)
  while (byte == 0x20 || byte == 9 || byte == 13) byte = load<u8>(++at)
  return at
}

// @ts-ignore: decorator
@inline
function isHexDigit(byte: u32): bool {
  return byte - 0x30 <= 9 || (byte | 0x20) - 0x61 <= 5
}

/** Bytes of the escape at `at`; 0 if it is none. */
function lengthOfEscape(at: usize): usize {
  switch (load<u8>(at, 1)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2
    case 0x75:
      return isHexDigit(load<u8>(at, 2)) && isHexDigit(load<u8>(at, 3)) && isHexDigit(load<u8>(at, 4)) && isHexDigit(load<u8>(at, 5))
        ? 6
        : 0
    default:
      return 0
  }
}

/** The closing quote of the string whose first character is at `from`, or `INVALID`. */
function endOfString(from: usize): usize {
  const quote = i8x16.splat(0x22)
  const backslash = i8x16.splat(0x5c)
  const space = i8x16.splat(0x20)
  let at = from
  isEscaped = false
  while (true) {
    const bytes = v128.load(at)
    const marks = i8x16.bitmask(
      v128.or(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)), i8x16.lt_u(bytes, space)),
    )
    if (marks == 0) {
      at += 16
      continue
    }
    at += ctz(marks)
    const byte = load<u8>(at)
    if (byte == 0x22) return at
    if (byte != 0x5c) return INVALID
    isEscaped = true
    const length = lengthOfEscape(at)
    if (length == 0) return INVALID
    at += length
  }
}

// @ts-ignore: decorator
@inline
function afterDigits(from: usize): usize {
  let at = from
  while (<u32>load<u8>(at) - 0x30 <= 9) at++
  return at
}

/** After the number at `from`, or `INVALID`. */
function endOfNumber(from: usize): usize {
  let at = load<u8>(from) == 0x2d ? from + 1 : from
  if (load<u8>(at) == 0x30) at++
  else {
    const digits = at
    at = afterDigits(at)
    if (at == digits) return INVALID
  }
  if (load<u8>(at) == 0x2e) {
    const digits = at + 1
    at = afterDigits(digits)
    if (at == digits) return INVALID
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    at++
    if (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d) at++
    const digits = at
    at = afterDigits(digits)
    if (at == digits) return INVALID
  }
  return at
}

/** After `true`, `false` or `null` at `from`, or `INVALID`. */
// @ts-ignore: decorator
@inline
function endOfWord(from: usize): usize {
  const word = load<u32>(from)
  if (word == 0x65757274 || word == 0x6c6c756e) return from + 4
  return word == 0x736c6166 && load<u8>(from, 4) == 0x65 ? from + 5 : INVALID
}

/** The value after the key at `from`, or `INVALID`. */
function afterKey(from: usize): usize {
  if (load<u8>(from) != 0x22) return INVALID
  const end = endOfString(from + 1)
  if (end == INVALID) return INVALID
  const at = afterSpace(end + 1)
  return load<u8>(at) == 0x3a ? afterSpace(at + 1) : INVALID
}

/** After the object or array at `from`, or `INVALID`. */
function endOfNested(from: usize): usize {
  let at = from
  let depth: i32 = 0
  while (true) {
    // A value begins here.
    const byte = load<u8>(at)
    let end: usize
    if (byte == 0x22) {
      end = endOfString(at + 1)
      if (end == INVALID) return INVALID
      end++
    } else if (byte == 0x7b || byte == 0x5b) {
      if (depth == MAX_DEPTH) return INVALID
      const opensObject = byte == 0x7b
      store<u8>(isObject + depth, opensObject ? 1 : 0)
      depth++
      end = afterSpace(at + 1)
      if (load<u8>(end) != (opensObject ? 0x7d : 0x5d)) {
        at = opensObject ? afterKey(end) : end
        if (at == INVALID) return INVALID
        continue
      }
      depth--
      end++
    } else {
      end = byte == 0x2d || <u32>byte - 0x30 <= 9 ? endOfNumber(at) : endOfWord(at)
      if (end == INVALID) return INVALID
    }
    // And has ended here: what is open around it goes on or ends.
    while (true) {
      if (depth == 0) return end
      at = afterSpace(end)
      const inObject = load<u8>(isObject + depth - 1) == 1
      if (load<u8>(at) == 0x2c) {
        at = afterSpace(at + 1)
        if (inObject) at = afterKey(at)
        if (at == INVALID) return INVALID
        break
      }
      if (load<u8>(at) != (inObject ? 0x7d : 0x5d)) return INVALID
      depth--
      end = at + 1
    }
  }
}

/** Where the member that is being read has been written to. */
let members: usize = 0

/** Reads the members of the object at `from` to `members`; the newline after it, or `INVALID`. */
function readObject(from: usize, shift: i32, outEnd: usize): usize {
  let i = afterSpace(from)
  if (load<u8>(i) != 0x7b) return INVALID
  i = afterSpace(i + 1)
  if (load<u8>(i) != 0x7d) {
    while (true) {
      if (load<u8>(i) != 0x22 || members + 16 > outEnd) return INVALID
      const keyStart = i + 1
      let end = endOfString(keyStart)
      if (end == INVALID) return INVALID
      store<i32>(members, <i32>keyStart + shift)
      store<i32>(members, isEscaped ? ~(<i32>end + shift) : <i32>end + shift, 4)
      i = afterSpace(end + 1)
      if (load<u8>(i) != 0x3a) return INVALID
      i = afterSpace(i + 1)
      const byte = load<u8>(i)
      let a = <i32>i + shift
      let b: i32
      if (byte == 0x22) {
        end = endOfString(i + 1)
        if (end == INVALID) return INVALID
        a++
        b = (<i32>end + shift) | (isEscaped ? ESCAPED : 0)
        end++
      } else if (byte == 0x7b || byte == 0x5b) {
        end = endOfNested(i)
        b = (<i32>end + shift) | JSON
      } else if (byte == 0x2d || <u32>byte - 0x30 <= 9) {
        end = endOfNumber(i)
        b = (<i32>end + shift) | NUMBER
      } else {
        end = endOfWord(i)
        a = byte == 0x74 ? 1 : 0
        b = byte == 0x6e ? NULL : BOOLEAN
      }
      if (end == INVALID) return INVALID
      store<i32>(members, a, 8)
      store<i32>(members, b, 12)
      members += 16
      i = afterSpace(end)
      const next = load<u8>(i)
      if (next == 0x7d) break
      if (next != 0x2c) return INVALID
      i = afterSpace(i + 1)
    }
  }
  i = afterSpace(i + 1)
  return load<u8>(i) == 0x0a ? i : INVALID
}

/** Lines that the last call has read. */
export let objects: i32 = 0

/**
 * JSON, one object a line, as strictly as `JSON.parse` reads it. Writes four words for each line: where it begins, the
 * offset of its newline, how many members it has (-1 if it is no object), and nothing. Then four for each member: beginning
 * and end of its key (the complement of the end if it has escapes), and the cell of its value.
 *
 * @param shift from addresses here to offsets on the page
 * @param capacity lines that are read at most
 * @returns the beginning of the first line that was not read, or `end`
 */
export function json(p: usize, end: usize, shift: i32, out: usize, outEnd: usize, capacity: i32): usize {
  objects = 0
  let o = out
  while (p < end && objects < capacity && o + 4096 < outEnd) {
    if (load<u8>(p) == 0x0a) {
      p++
      continue
    }
    members = o + 16
    let lineEnd = readObject(p, shift, outEnd)
    let count = <i32>((members - o - 16) >> 4)
    if (lineEnd == INVALID) {
      // Whether it is no object, or one with more members than there is room for, is for JavaScript to say.
      if (members + 16 > outEnd) break
      lineEnd = endOfLine(p)
      count = -1
      members = o + 16
    }
    store<i32>(o, <i32>p + shift)
    store<i32>(o, <i32>lineEnd + shift, 4)
    store<i32>(o, count, 8)
    o = members
    objects++
    p = lineEnd + 1
  }
  return p
}
