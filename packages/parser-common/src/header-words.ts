import { closeBracket, colon, comma, minus, nine, slash, space, zero } from './byte.ts'
import { page } from './page.ts'
import { afterDigits } from './page-field.ts'

const bytes = page

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
  if (afterDigits(from) !== from + 2 || afterDigits(from + 3) !== from + 5) return from
  let at = afterDigits(from + 6)
  if (at !== from + 8) return from
  if (bytes[at] === 0x2e || bytes[at] === comma) at = afterDigits(at + 1)
  return bytes[at] === space || bytes[at] === closeBracket ? at : from
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
