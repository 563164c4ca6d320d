import type { Buffer } from 'node:buffer'
import { isIPv6 } from 'node:net'
import { isDigit, isHex, isWord } from './byte-class.ts'

const [dot, colon, zero] = [0x2e, 0x3a, 0x30]
const longestIpv6 = 45

/** The end of the dotted quad that begins at `start`, where digits begin; -1 if there is none. */
export function endOfIpv4(bytes: Uint8Array, start: number, to: number): number {
  let at = start
  for (let part = 0; part < 4; part++) {
    if (part > 0 && (at >= to || bytes[at++] !== dot)) return -1
    let number = 0
    const first = at
    while (at < to && at - first < 4 && isDigit(bytes[at])) number = number * 10 + (bytes[at++] ?? 0) - zero
    if (at === first || at - first > 3 || number > 255) return -1
  }
  const goesOn = at < to && (isWord(bytes[at]) || (bytes[at] === dot && at + 1 < to && isDigit(bytes[at + 1])))
  return goesOn ? -1 : at
}

/** Where the IPv6 address begins that has its first colon at `at`, if it is one. */
export function startOfIpv6(bytes: Uint8Array, at: number, floor: number): number {
  let start = at
  while (start > floor && at - start < 4 && isHex(bytes[start - 1])) start--
  return start
}

/** The offset after what an IPv6 address could be made of, as far as it matters. */
export function endOfColons(bytes: Uint8Array, start: number, to: number): number {
  const limit = Math.min(to, start + longestIpv6 + 2)
  let at = start
  while (at < limit && (isHex(bytes[at]) || bytes[at] === colon || bytes[at] === dot)) at++
  return at
}

/**
 * The end of the IPv6 address `start`…`limit`, a dot or colon at its end left out; -1 if it is none. One without a
 * digit is none, since names of code look like it (`a::b`).
 */
export function endOfIpv6(bytes: Buffer, start: number, limit: number): number {
  if (limit - start > longestIpv6 + 1) return -1
  let colons = 0
  let digits = 0
  let hasGap = false
  for (let at = start; at < limit; at++) {
    if (isDigit(bytes[at])) digits++
    if (bytes[at] !== colon) continue
    colons++
    hasGap ||= at + 1 < limit && bytes[at + 1] === colon
  }
  if (digits === 0 || (!hasGap && colons < 6)) return -1
  const last = bytes[limit - 1]
  for (const end of last === dot || last === colon ? [limit, limit - 1] : [limit, startOfPort(bytes, start, limit)])
    if (end > start && isIPv6(bytes.toString('latin1', start, end))) return end
  return -1
}

/** The dot or colon before the digits at the end: a port, as `2001:db8::1.443` (tcpdump), or after all eight groups. */
function startOfPort(bytes: Buffer, start: number, limit: number): number {
  let at = limit
  while (at > start && limit - at < 6 && isDigit(bytes[at - 1])) at--
  return at < limit && (bytes[at - 1] === dot || bytes[at - 1] === colon) ? at - 1 : -1
}
