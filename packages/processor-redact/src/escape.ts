import { isDigit, isHex, isLocal } from './byte-class.ts'

const [controls, percent, bracket, backslash, lowerU, at] = [0x1b, 0x25, 0x5b, 0x5c, 0x75, 0x40]
const semicolon = 0x3b
/** Longest sequence of a terminal that is looked at. */
const longest = 32

/** What begins an escape: after it a word begins, although a letter or digit stands before. */
export const escapeBytes: readonly number[] = [controls, percent, backslash]

const hexAt = (bytes: Uint8Array, start: number, length: number, to: number): boolean => {
  if (start + length > to) return false
  for (let offset = 0; offset < length; offset++) if (!isHex(bytes[start + offset])) return false
  return true
}
const numberOf = (bytes: Uint8Array, start: number, length: number): number => {
  let value = 0
  for (let offset = 0; offset < length; offset++) {
    const byte = bytes[start + offset] ?? 0
    value = value * 16 + (byte & 0xf) + (byte >= 0x41 ? 9 : 0)
  }
  return value
}

/** The end of the colours and the like of a terminal that begin at `start` (ECMA-48, 5.4); `start` if there are none. */
function endOfColours(bytes: Uint8Array, start: number, to: number): number {
  if (bytes[start] !== bracket) return start
  const limit = Math.min(to, start + longest)
  let end = start + 1
  while (end < limit && (isDigit(bytes[end]) || bytes[end] === semicolon)) end++
  return end < limit ? end + 1 : start
}

/** The end of the escape at `start`: of JSON (`\n`), of a URL (`%20`), of a terminal; the next byte if it is none. */
export function endOfEscape(bytes: Uint8Array, start: number, to: number): number {
  const next = start + 1
  switch (bytes[start]) {
    case percent:
      return hexAt(bytes, next, 2, to) ? start + 3 : next
    case controls:
      return endOfColours(bytes, next, to)
    default: {
      if (next < to && 'bfnrt'.includes(String.fromCharCode(bytes[next] ?? 0))) return start + 2
      if (bytes[next] !== lowerU || !hexAt(bytes, start + 2, 4, to)) return next
      const end = start + 6
      return numberOf(bytes, start + 2, 4) === controls ? endOfColours(bytes, end, to) : end
    }
  }
}

/** The end of the `@` that is written as an escape at `start` (`%40`, once more escaped `%2540`, `\u0040`); -1 if it is none. */
export function endOfEscapedAt(bytes: Uint8Array, start: number, to: number): number {
  if (bytes[start] === backslash)
    return bytes[start + 1] === lowerU && hexAt(bytes, start + 2, 4, to) && numberOf(bytes, start + 2, 4) === at
      ? start + 6
      : -1
  if (bytes[start] !== percent) return -1
  const hex = hexAt(bytes, start + 1, 4, to) && numberOf(bytes, start + 1, 2) === percent ? start + 3 : start + 1
  return hexAt(bytes, hex, 2, to) && numberOf(bytes, hex, 2) === at ? hex + 2 : -1
}

/** Whether an address of mail goes on over the escape of a URL at `start`. */
export const isEscapedLocal = (bytes: Uint8Array, start: number, to: number): boolean => {
  if (!hexAt(bytes, start + 1, 2, to)) return true
  const byte = numberOf(bytes, start + 1, 2)
  return byte === at || isLocal(byte)
}
