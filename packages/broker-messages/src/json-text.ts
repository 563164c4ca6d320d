import { Buffer } from 'node:buffer'

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const openBracket = 0x5b
const closeBrace = 0x7d
const closeBracket = 0x5d
const dot = 0x2e
const minus = 0x2d
const zero = 0x30
const nine = 0x39

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine

/** Bytes that may follow a backslash; 1 where nothing more belongs to the escape, 2 for `u`. */
const escapes = new Uint8Array(256)
for (const byte of Buffer.from('"\\/bfnrt')) escapes[byte] = 1
escapes[0x75] = 2

/** Whether the last string that `endOfString` went over has escapes in it. */
export let hasEscapes = false

/** The offset of the quote that ends the string whose inside begins at `at`; -1 if it is none. */
export function endOfString(bytes: Buffer, at: number, to: number): number {
  hasEscapes = false
  for (let here = at; here < to; here++) {
    const byte = bytes[here] ?? 0
    if (byte === quote) return here
    if (byte < 0x20) return -1
    if (byte !== backslash) continue
    hasEscapes = true
    const kind = escapes[bytes[++here] ?? 0]
    if (kind === 0) return -1
    if (kind === 2) {
      if (!/^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', here + 1, here + 5))) return -1
      here += 4
    }
  }
  return -1
}

const skipDigits = (bytes: Buffer, at: number): number => {
  let here = at
  while (isDigit(bytes[here])) here++
  return here
}

/** The offset after the number that begins at `at`; -1 if there is none. */
export function endOfNumber(bytes: Buffer, at: number): number {
  const first = bytes[at] === minus ? at + 1 : at
  let here = skipDigits(bytes, first)
  if (here === first || (bytes[first] === zero && here > first + 1)) return -1
  if (bytes[here] === dot) {
    const fraction = here + 1
    here = skipDigits(bytes, fraction)
    if (here === fraction) return -1
  }
  if (bytes[here] === 0x65 || bytes[here] === 0x45) {
    const sign = bytes[here + 1]
    const exponent = sign === minus || sign === 0x2b ? here + 2 : here + 1
    here = skipDigits(bytes, exponent)
    if (here === exponent) return -1
  }
  return here
}

/** The value of the digits between two offsets, at most nine of them after a minus. */
export function integerOf(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = bytes[from] === minus ? from + 1 : from; at < to; at++) value = value * 10 + (bytes[at] ?? 0) - zero
  return bytes[from] === minus ? -value : value
}

/** The offset after the object or array that begins at `at`, which is looked into no further than to find it; or -1. */
export function endOfNested(bytes: Buffer, at: number, to: number): number {
  let depth = 0
  for (let here = at; here < to; here++) {
    const byte = bytes[here]
    if (byte === quote) {
      here = endOfString(bytes, here + 1, to)
      if (here < 0) return -1
    } else if (byte === openBrace || byte === openBracket) {
      depth++
    } else if (byte === closeBrace || byte === closeBracket) {
      depth--
      if (depth === 0) return here + 1
    }
  }
  return -1
}

/** Whether a literal stands at an offset. */
export function standsAt(bytes: Buffer, at: number, literal: Uint8Array): boolean {
  for (let index = 0; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return false
  return true
}
