import { isDigit, isWord } from './byte-class.ts'

const [space, percent, plus, dash, dot, zero] = [0x20, 0x25, 0x2b, 0x2d, 0x2e, 0x30]
const longest = 19

/** Lengths that numbers of an issuer have, by how they begin: bit n for n digits. 0 where no issuer begins so. */
function lengths(prefix: number): number {
  const [two, three] = [Math.trunc(prefix / 100), Math.trunc(prefix / 10)]
  const bits = (from: number, to: number) => 2 ** (to + 1) - 2 ** from
  if (two >= 40 && two <= 49) return bits(13, 13) | bits(16, 16) | bits(19, 19) // Visa
  if ((two >= 51 && two <= 55) || (prefix >= 2221 && prefix <= 2720)) return bits(16, 16) // Mastercard
  if (two === 34 || two === 37) return bits(15, 15) // American Express
  if (prefix >= 3528 && prefix <= 3589) return bits(16, 19) // JCB
  if (two === 36 || two === 38 || two === 39 || (three >= 300 && three <= 305)) return bits(14, 19) // Diners Club
  if (prefix === 6011 || two === 65 || (three >= 644 && three <= 649) || two === 62) return bits(16, 19) // Discover, UnionPay
  if (two === 50 || (two >= 56 && two <= 69)) return bits(12, 19) // Maestro
  return 0
}

/** By the first four digits. */
const lengthsOf = Int32Array.from({ length: 10_000 }, (_, prefix) => lengths(prefix))

/**
 * The end of the payment card number that begins at `start`, where a group of digits begins; -1 if there is none. A
 * number has an issuer's beginning and length and a right check digit (Luhn, ISO/IEC 7812-1). It is written in one, or
 * in groups, the first of four digits, with the same one space or dash between them, a space also as in URLs (`+`, `%20`). Of several ends the last counts,
 * but not one inside a word, nor, if there is an earlier one, before the decimals of another number.
 */
export function endOfCard(bytes: Uint8Array, start: number, to: number): number {
  if (start + 4 > to) return -1
  let prefix = 0
  for (let at = start; at < start + 4; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return -1
    prefix = prefix * 10 + digit
  }
  const allowed = lengthsOf[prefix] ?? 0
  if (allowed === 0) return -1
  let count = 0
  let separator = 0
  let groupStart = 0
  let found = -1
  // Of the digits so far: every second one doubled, from the first and from the second on.
  let evens = 0
  let odds = 0
  for (let at = start; at < to && count < longest; ) {
    const digit = (bytes[at] ?? 0) - zero
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    evens += count % 2 === 0 ? doubled : digit
    odds += count % 2 === 0 ? digit : doubled
    count++
    at++
    if (at < to && isDigit(bytes[at])) continue
    const sum = count % 2 === 0 ? evens : odds
    const isEnd = (allowed & (1 << count)) !== 0 && sum % 10 === 0 && !(at < to && isWord(bytes[at]))
    const hasDecimals = at + 1 < to && bytes[at] === dot && isDigit(bytes[at + 1])
    if (isEnd && !(found >= 0 && hasDecimals)) found = at
    // A group has ended: the first of four digits, those within of four to six.
    const size = count - groupStart
    const byte = bytes[at]
    const next = endOfSeparator(bytes, at, to)
    const isSeparator = next > at && next < to && isDigit(bytes[next])
    const isGroup = groupStart === 0 ? size === 4 : size >= 4 && size <= 6
    if (!isSeparator || !isGroup || (separator !== 0 && byte !== separator)) break
    separator = byte ?? 0
    groupStart = count
    at = next
  }
  return found
}

function endOfSeparator(bytes: Uint8Array, at: number, to: number): number {
  const byte = at < to ? bytes[at] : undefined
  if (byte === space || byte === dash || byte === plus) return at + 1
  return byte === percent && bytes[at + 1] === 0x32 && bytes[at + 2] === zero ? at + 3 : at
}
