import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  escapesIn,
  lowestByte,
  minus,
  nine,
  openBrace,
  openBracket,
  quote,
  space,
  zero,
} from './byte.ts'
import { page, pageWords } from './page.ts'

const bytes = page
const words = pageWords

/** Levels of nesting beyond which a value is refused. */
const maxDepth = 512
const isObject = new Uint8Array(maxDepth)

/** What no value can end at: the text is no JSON. */
export const invalid = 0

/**
 * The closing quote of the string whose first character is at `from`: its offset, or the complement of its offset if the
 * string has escapes; `invalid` if it is none.
 */
export function endOfString(from: number): number {
  let at = from
  for (;;) {
    const marks = escapesIn(words.getInt32(at, true))
    if (marks === 0) {
      at += 4
      continue
    }
    at += lowestByte(marks)
    const byte = bytes[at] ?? 0
    if (byte === quote) return at
    if (byte === backslash) return endOfEscaped(at)
    if (byte < space) return invalid
    at++
  }
}

function endOfEscaped(from: number): number {
  let at = from
  for (;;) {
    const byte = bytes[at] ?? 0
    if (byte === quote) return ~at
    if (byte < space) return invalid
    at += byte === backslash ? lengthOfEscape(at) : 1
    if (at < from) return invalid
  }
}

/** 2 for a letter, 6 for `\uXXXX`; a number so low that it shows for what is no escape. */
function lengthOfEscape(at: number): number {
  switch (bytes[at + 1]) {
    case quote:
    case backslash:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2
    case 0x75:
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHexDigit(bytes[digit])) return Number.MIN_SAFE_INTEGER
      return 6
    default:
      return Number.MIN_SAFE_INTEGER
  }
}

const isHexDigit = (byte = 0): boolean =>
  (byte >= zero && byte <= nine) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

/** Offset after the number at `from`, or `invalid`. */
export function endOfNumber(from: number): number {
  let at = bytes[from] === minus ? from + 1 : from
  let byte = bytes[at] ?? 0
  if (byte === zero) {
    byte = bytes[++at] ?? 0
  } else {
    const digits = at
    while (byte >= zero && byte <= nine) byte = bytes[++at] ?? 0
    if (at === digits) return invalid
  }
  if (byte === 0x2e) {
    const digits = ++at
    byte = bytes[at] ?? 0
    while (byte >= zero && byte <= nine) byte = bytes[++at] ?? 0
    if (at === digits) return invalid
  }
  if ((byte | 0x20) === 0x65) {
    byte = bytes[++at] ?? 0
    if (byte === 0x2b || byte === minus) byte = bytes[++at] ?? 0
    const digits = at
    while (byte >= zero && byte <= nine) byte = bytes[++at] ?? 0
    if (at === digits) return invalid
  }
  return at
}

/** Offset after `true`, `false` or `null` at `from`, or `invalid`. */
export function endOfWord(from: number): number {
  const b = bytes[from + 1]
  const c = bytes[from + 2]
  const d = bytes[from + 3]
  switch (bytes[from]) {
    case 0x74:
      return b === 0x72 && c === 0x75 && d === 0x65 ? from + 4 : invalid
    case 0x6e:
      return b === 0x75 && c === 0x6c && d === 0x6c ? from + 4 : invalid
    case 0x66:
      return b === 0x61 && c === 0x6c && d === 0x73 && bytes[from + 4] === 0x65 ? from + 5 : invalid
    default:
      return invalid
  }
}

/** Offset of the first byte from `from` that is no space, tab or carriage return. */
export function afterSpace(from: number): number {
  let at = from
  let byte = bytes[at]
  while (byte === space || byte === 9 || byte === 13) byte = bytes[++at]
  return at
}

/** Offset after the object or array at `from`, or `invalid`. */
export function endOfNested(from: number): number {
  let at = from
  let depth = 0
  for (;;) {
    // A value begins here.
    const byte = bytes[at] ?? 0
    let end: number
    if (byte === quote) {
      end = endOfString(at + 1)
      if (end === invalid) return invalid
      end = (end < 0 ? ~end : end) + 1
    } else if (byte === openBrace || byte === openBracket) {
      if (depth === maxDepth) return invalid
      const opensObject = byte === openBrace
      isObject[depth++] = opensObject ? 1 : 0
      end = afterSpace(at + 1)
      if (bytes[end] !== (opensObject ? closeBrace : closeBracket)) {
        at = opensObject ? afterKey(end) : end
        if (at === invalid) return invalid
        continue
      }
      depth--
      end++
    } else {
      end = byte === minus || (byte >= zero && byte <= nine) ? endOfNumber(at) : endOfWord(at)
      if (end === invalid) return invalid
    }
    // And has ended here: what is open around it goes on or ends.
    for (;;) {
      if (depth === 0) return end
      at = bytes[end] === comma ? end : afterSpace(end)
      const inObject = isObject[depth - 1] === 1
      if (bytes[at] === comma) {
        at = afterSpace(at + 1)
        if (inObject) at = afterKey(at)
        if (at === invalid) return invalid
        break
      }
      if (bytes[at] !== (inObject ? closeBrace : closeBracket)) return invalid
      depth--
      end = at + 1
    }
  }
}

/** Offset of the value after the key at `from`, or `invalid`. */
function afterKey(from: number): number {
  if (bytes[from] !== quote) return invalid
  const end = endOfString(from + 1)
  if (end === invalid) return invalid
  const at = afterSpace((end < 0 ? ~end : end) + 1)
  return bytes[at] === colon ? afterSpace(at + 1) : invalid
}
