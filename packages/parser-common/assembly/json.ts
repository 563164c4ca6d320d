import { milliseconds, readTime, remainder } from './utc-time'

const ABSENT: i32 = -1
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

/** A key: its first sixteen bytes, a mask of those that count, and what is known of it. */
const MASK: usize = 16
const LENGTH: usize = 32
/** Where its value goes in a row, in bytes; below 0: the complement of its role. */
const PLACE: usize = 36
/** The key that came after it last time: records of one program have their keys in the same order. */
const NEXT: usize = 40
/** The next key of the same hash. */
const CHAIN: usize = 44
/** Its bytes after the sixteenth. */
const TAIL: usize = 48
const KEY_BYTES: usize = 64
const MAX_KEYS: i32 = 1024
const MAX_TAILS: i32 = 16384
const BUCKETS: u32 = 256

const keys: usize = memory.data(65536, 16)
const tails: usize = memory.data(16384, 16)
const buckets: usize = memory.data(1024, 16)
let keyCount: i32 = 0
let tailBytes: i32 = 0

/** Forgets all keys. Key 0 stands before the first one of an object. The fields' places are in bytes of a row. */
export function forgetKeys(severityText: i32, traceId: i32, spanId: i32): void {
  severityTextAt = severityText
  traceIdAt = traceId
  spanIdAt = spanId
  memory.fill(keys, 0, KEY_BYTES)
  memory.fill(buckets, 0, 1024)
  keyCount = 1
  tailBytes = 0
}

// @ts-ignore: decorator
@inline
function bucketOf(at: usize, length: i32): usize {
  const first = <u32>load<u8>(at) | (<u32>load<u8>(at + (length >> 1)) << 8) | (<u32>load<u8>(at + length - 1) << 16)
  return buckets + ((((first ^ <u32>length) * 0x9e3779b1) >> 24) << 2)
}

/** Makes a key of the bytes at `at` known; returns its number, or 0 if there is no room. */
export function addKey(at: usize, length: i32, place: i32): i32 {
  const tail = length > 16 ? length - 16 : 0
  if (keyCount == MAX_KEYS || tailBytes + tail > MAX_TAILS || length == 0) return 0
  const key = keys + <usize>keyCount * KEY_BYTES
  memory.fill(key, 0, KEY_BYTES)
  memory.copy(key, at, length < 16 ? length : 16)
  memory.fill(key + MASK, 0xff, length < 16 ? length : 16)
  store<i32>(key, length, LENGTH)
  store<i32>(key, place, PLACE)
  store<u32>(key, <u32>(tails + tailBytes), TAIL)
  memory.copy(tails + tailBytes, at + 16, tail)
  tailBytes += tail
  const bucket = bucketOf(at, length)
  store<u32>(key, load<u32>(bucket), CHAIN)
  store<u32>(bucket, <u32>key)
  return keyCount++
}

// @ts-ignore: decorator
@inline
function isAt(key: usize, at: usize): bool {
  if (v128.any_true(v128.and(v128.xor(v128.load(key), v128.load(at)), v128.load(key, MASK)))) return false
  const length = load<i32>(key, LENGTH)
  return length <= 16 || memory.compare(load<u32>(key, TAIL), at + 16, length - 16) == 0
}

function find(at: usize, length: i32): usize {
  if (length == 0) return 0
  let key = <usize>load<u32>(bucketOf(at, length))
  while (key != 0 && !(load<i32>(key, LENGTH) == length && isAt(key, at))) key = load<u32>(key, CHAIN)
  return key
}

/** Roles of keys whose values are no attributes. */
const BODY: i32 = 1
const TIME: i32 = 2
const SEVERITY: i32 = 3
const TRACE_ID: i32 = 4
const SPAN_ID: i32 = 5

/** Words for severities: as keys are kept, with the number of the severity for a place. */
const MAX_WORDS: i32 = 32
const words: usize = memory.data(2048, 16)
let wordCount: i32 = 0
let lastWord: usize = 0

/** Makes a word of at most sixteen bytes known. */
export function addSeverity(at: usize, length: i32, severity: i32): void {
  if (wordCount == MAX_WORDS) return
  const word = words + <usize>wordCount * KEY_BYTES
  memory.copy(word, at, length)
  memory.fill(word + MASK, 0xff, length)
  store<i32>(word, length, LENGTH)
  store<i32>(word, severity, PLACE)
  lastWord = word
  wordCount++
}

/** The severity of a word, 0 if it is not known. */
function severityOf(at: usize, length: i32): i32 {
  if (wordCount == 0) return 0
  if (load<i32>(lastWord, LENGTH) == length && isAt(lastWord, at)) return load<i32>(lastWord, PLACE)
  for (let index: i32 = 0; index < wordCount; index++) {
    const word = words + <usize>index * KEY_BYTES
    if (load<i32>(word, LENGTH) != length || !isAt(word, at)) continue
    lastWord = word
    return load<i32>(word, PLACE)
  }
  return 0
}

/** Where the fields of the record stand in a row, in bytes. */
let severityTextAt: i32 = 0
let traceIdAt: i32 = 0
let spanIdAt: i32 = 0

/** Where a row is written, but for its cells. */
let rowTime: usize = 0
let rowRemainder: usize = 0
let rowSeverity: usize = 0

/** Puts a value where its role says; whether it makes sense there. */
function take(role: i32, cells: usize, a: i32, b: i32, shift: i32): bool {
  if (role == BODY) {
    if (b == NULL) return false
    store<i32>(cells, a, 8)
    store<i32>(cells, b, 12)
    return true
  }
  // All others are texts: ranges without a mark of another kind.
  if ((b & 0xf0000000) != 0) return false
  const from = <usize>(a - shift)
  const length = b - a
  if (role == TIME) {
    if (length < 20 || readTime(from) != from + length) return false
    store<f64>(rowTime, milliseconds)
    store<u32>(rowRemainder, remainder)
    hasNanoseconds |= <i32>remainder
    return true
  }
  let at: i32 = 0
  if (role == SEVERITY) {
    const severity = length <= 16 ? severityOf(from, length) : 0
    if (severity == 0) return false
    store<u8>(rowSeverity, <u8>severity)
    at = severityTextAt
  } else if (role == TRACE_ID) {
    if (length != 32) return false
    at = traceIdAt
  } else if (role == SPAN_ID) {
    if (length != 16) return false
    at = spanIdAt
  } else return false
  store<i32>(cells + at, a)
  store<i32>(cells + at, b, 4)
  return true
}

/** Why a call has come back: all is read or there is no room, or the next line is for JavaScript. */
const DONE: i32 = 0
const OTHER: i32 = 1

/** Rows and values to be placed that the last call has written, and why it came back. */
export let objects: i32 = 0
export let placements: i32 = 0
export let reason: i32 = 0
/** Whether a time has nanoseconds. */
export let hasNanoseconds: i32 = 0
/** Where the next value to be placed is written, and where there is no more room. */
let place: usize = 0
let placeEnd: usize = 0

/** Reads the object at `from` into a row; the newline after it, or 0 with a `reason`. */
function readObject(from: usize, shift: i32, cells: usize, row: i32): usize {
  reason = OTHER
  let i = afterSpace(from)
  if (load<u8>(i) != 0x7b) return INVALID
  i++
  if (load<u8>(i) != 0x22) i = afterSpace(i)
  if (load<u8>(i) != 0x7d) {
    let previous = keys
    let seen: i32 = 0
    while (true) {
      if (load<u8>(i) != 0x22) return INVALID
      const keyStart = i + 1
      let key = <usize>load<u32>(previous, NEXT)
      let end: usize
      if (key != 0 && load<u8>(keyStart + load<i32>(key, LENGTH)) == 0x22 && isAt(key, keyStart)) {
        end = keyStart + load<i32>(key, LENGTH)
      } else {
        end = endOfString(keyStart)
        if (end == INVALID) return INVALID
        key = find(keyStart, <i32>(end - keyStart))
        if (key == 0) return INVALID
        store<u32>(previous, <u32>key, NEXT)
      }
      previous = key
      i = end + 1
      if (load<u8>(i) != 0x3a) {
        i = afterSpace(i)
        if (load<u8>(i) != 0x3a) return INVALID
      }
      i++
      let byte = load<u8>(i)
      if (byte <= 0x20) {
        i = afterSpace(i)
        byte = load<u8>(i)
      }
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
      const at = load<i32>(key, PLACE)
      if (at < -1) {
        // Which of several keys of one role counts is for JavaScript to say.
        const role = 1 << ~at
        if ((seen & role) != 0) return INVALID
        seen |= role
      }
      if (at >= 0) {
        store<i32>(cells + at, a)
        store<i32>(cells + at, b, 4)
      } else if (at == -1 || !take(~at, cells, a, b, shift)) {
        if (place == placeEnd) return INVALID
        store<i32>(place, row)
        store<i32>(place, <i32>((key - keys) / KEY_BYTES), 4)
        store<i32>(place, a, 8)
        store<i32>(place, b, 12)
        place += 16
      }
      i = end
      let next = load<u8>(i)
      if (next == 0x2c) {
        i++
        if (load<u8>(i) != 0x22) i = afterSpace(i)
        continue
      }
      i = afterSpace(i)
      next = load<u8>(i)
      if (next == 0x7d) break
      if (next != 0x2c) return INVALID
      i = afterSpace(i + 1)
    }
  }
  i = afterSpace(i + 1)
  return load<u8>(i) == 0x0a ? i : INVALID
}

/**
 * JSON, one object a line, as strictly as `JSON.parse` reads it: writes a row for each, with the values of attributes and
 * those that make sense in their role; without a message the body is the line. Other values are written to `places`, four
 * words each: row, number of the key, and the cell. Stops at the first line that is no object or has a key that is not known.
 *
 * @param shift from addresses here to offsets on the page
 * @param width 32-bit words of a row
 * @param capacity rows that fit
 * @returns the beginning of the first line that was not read, or `end`
 */
export function json(
  p: usize, end: usize, shift: i32, cells: usize, times: usize, remainders: usize, severities: usize,
  places: usize, placesEnd: usize, width: i32, capacity: i32,
): usize {
  let row: i32 = 0
  let o = cells
  place = places
  placeEnd = placesEnd
  reason = DONE
  hasNanoseconds = 0
  while (p < end && row < capacity) {
    if (load<u8>(p) == 0x0a) {
      p++
      continue
    }
    for (let word = 3; word < width; word += 2) store<i32>(o + (<usize>word << 2), ABSENT)
    rowTime = times + (<usize>row << 3)
    rowRemainder = remainders + (<usize>row << 2)
    rowSeverity = severities + row
    store<f64>(rowTime, NaN)
    store<u32>(rowRemainder, 0)
    store<u8>(rowSeverity, 0)
    const begun = place
    const lineEnd = readObject(p, shift, o, row)
    if (lineEnd == INVALID) {
      if (place == placeEnd && row > 0) reason = DONE
      place = begun
      break
    }
    reason = DONE
    const lineStart = <i32>p + shift
    const contentEnd = <i32>(load<u8>(lineEnd - 1) == 0x0d ? lineEnd - 1 : lineEnd) + shift
    store<i32>(o, lineStart)
    store<i32>(o, contentEnd, 4)
    if (load<i32>(o, 12) == ABSENT) {
      store<i32>(o, lineStart, 8)
      store<i32>(o, contentEnd, 12)
    }
    o += <usize>width << 2
    row++
    p = lineEnd + 1
  }
  objects = row
  placements = <i32>((place - places) >> 4)
  return p
}
