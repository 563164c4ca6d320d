import { closeBracket, colon, comma, minus, nine, slash, space, zero } from './byte.ts'
import { afterReset, escapeCode } from './colours.ts'
import { page } from './page.ts'

const bytes = page
const bar = 0x7c
export const tab = 9
/** Characters of what stands in brackets. */
const maxBracketed = 256

/** Whether a byte may stand between a header and the message. */
export const isSeparator = (byte = 0): boolean => byte === minus || byte === bar || byte === colon || byte === space

/** Offset after spaces, ends of colours, and separators that stand alone: ` - `, ` | `, ` : `, ` --- `. */
export function afterSeparators(from: number, end: number): number {
  let at = from
  for (;;) {
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    if (bytes[at] === escapeCode) {
      const reset = afterReset(at)
      if (reset > at) {
        at = reset
        continue
      }
    }
    let after = at
    while (after < end && (bytes[after] === minus || bytes[after] === bar || bytes[after] === colon)) after++
    if (after === at || (after < end && bytes[after] !== space && at !== from)) return at
    at = after
  }
}

/** Whether all are digits. */
export function isNumber(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < zero || byte > nine) return false
  }
  return to > from
}

/** Whether all are capitals. */
export function isUpperCase(from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x41 || byte > 0x5a) return false
  }
  return true
}

/** Whether it looks like the name of a class or a module: `a.b.C`, `a::b`, `a/b`. */
export function isQualified(from: number, to: number): boolean {
  let isIn = false
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    const isLetter = ((byte | 32) >= 0x61 && (byte | 32) <= 0x7a) || (byte >= zero && byte <= nine)
    const isJoint = byte === 0x2e || byte === colon || byte === 0x2f || byte === 0x24
    if (!isLetter && !isJoint && byte !== 0x5f && byte !== minus) return false
    isIn ||= isJoint
  }
  return isIn
}

/** Where a bracket closes that was opened before `from`; -1 if it does not, nearby. */
export function closing(bracket: number, from: number, end: number): number {
  const limit = Math.min(end, from + maxBracketed)
  let at = from
  while (at < limit && bytes[at] !== bracket) at++
  return at < limit ? at : -1
}

/** Offset after a plain word, the characters that names of loggers are made of. */
export function afterName(from: number, end: number): number {
  let at = from
  while (at < end && isNameByte(bytes[at] ?? 0)) at++
  return at
}

const isNameByte = (byte: number): boolean =>
  ((byte | 32) >= 0x61 && (byte | 32) <= 0x7a) ||
  (byte >= zero && byte <= nine) ||
  byte === 0x5f ||
  byte === minus ||
  byte === 0x2e ||
  byte === slash

/** Offset after a word of letters. */
export function afterLetters(from: number): number {
  let at = from
  while (((bytes[at] ?? 0) | 32) >= 0x61 && ((bytes[at] ?? 0) | 32) <= 0x7a) at++
  return at
}

/** Where a word ends: before a space, or any control character. */
export function wordEnd(from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] ?? 0) > space) at++
  return at
}

export function afterSpaces(from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] === space) at++
  return at
}

/** Offset after a time of day, `10:00:00.123`; `from` if there is none. */
export function afterClock(from: number): number {
  if (bytes[from + 2] !== colon || bytes[from + 5] !== colon) return from
  if (!isNumber(from, from + 2) || !isNumber(from + 3, from + 5) || !isNumber(from + 6, from + 8)) return from
  let at = from + 8
  if (bytes[at] === 0x2e || bytes[at] === comma) at++
  while (isNumber(at, at + 1)) at++
  return bytes[at] === space || bytes[at] === closeBracket ? at : from
}

/** Offset after a number. */
export function afterDigits(from: number): number {
  let at = from
  while ((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at++
  return at
}

/** Whether a role of Redis stands behind a number: master, replica, the child that saves, sentinel (`:M `). */
export function isRedisRole(from: number, number: number): boolean {
  if (from === number || bytes[from] !== colon || bytes[from + 2] !== space) return false
  const role = bytes[from + 1]
  return role === 0x4d || role === 0x53 || role === 0x43 || role === 0x58
}

/** Letters that klog begins lines with: info, warning, error, fatal, debug. */
export const isKlogLetter = (byte: number): boolean =>
  byte === 0x49 || byte === 0x57 || byte === 0x45 || byte === 0x46 || byte === 0x44

/** Whether it is `PHP`. */
export const isPhp = (from: number, to: number): boolean =>
  to === from + 3 && bytes[from] === 0x50 && bytes[from + 1] === 0x48 && bytes[from + 2] === 0x50
