import type { Buffer } from 'node:buffer'
import { endOfColons, endOfIpv4, endOfIpv6, startOfIpv6 } from './address.ts'
import { isDigit, isWord } from './byte-class.ts'
import { endOfCard } from './card.ts'
import { endOfDomain, startOfLocal } from './email.ts'
import { endOfEscape, endOfEscapedAt, escapeBytes, isEscapedLocal } from './escape.ts'
import type { Findings } from './findings.ts'
import { type Kind, Kinds } from './kind.ts'
import { beginsToken, findPassword, findToken, pairs, secret } from './token.ts'

/** What a byte is: a part of a word, or where something may begin. */
const Flag = { WORD: 1, DIGIT: 2, TOKEN: 4, AT: 8, COLON: 16, ESCAPE: 32 } as const
const [dash, dot, percent, backslash] = [0x2d, 0x2e, 0x25, 0x5c]

/**
 * Finds cards, addresses and tokens in bytes, in one pass and in linear time: where something may begin, a bounded number
 * of bytes is looked at, or as many as are passed over then. Words are passed over after a look at their beginning.
 */
export class Scanner {
  readonly #flags = new Uint8Array(256)
  readonly #hasCards: boolean
  readonly #hasAddresses: boolean
  readonly #hasEmail: boolean
  readonly #hasTokens: boolean
  /** Whether there was a backslash in what was scanned last: the text may stand for another. */
  sawBackslash = false

  constructor(kinds: readonly Kind[]) {
    const has = (kind: Kind) => kinds.includes(kind)
    const mark = (byte: number, flag: number) => {
      this.#flags[byte] = (this.#flags[byte] ?? 0) | flag
    }
    this.#hasCards = has('credit_card')
    this.#hasAddresses = has('ip_address')
    this.#hasEmail = has('email')
    this.#hasTokens = has('token')
    for (let byte = 0; byte < 256; byte++) {
      if (isWord(byte)) mark(byte, Flag.WORD)
      if (isDigit(byte) && (this.#hasCards || this.#hasAddresses)) mark(byte, Flag.DIGIT)
      if (this.#hasTokens && beginsToken(byte)) mark(byte, Flag.TOKEN)
    }
    if (this.#hasEmail || this.#hasTokens) mark(0x40, Flag.AT)
    if (this.#hasAddresses) mark(0x3a, Flag.COLON)
    for (const byte of escapeBytes) mark(byte, Flag.ESCAPE)
  }

  /** Adds what there is in `bytes[from…to)`, a text of its own: what stands around it does not count. */
  scan(bytes: Buffer, from: number, to: number, findings: Findings): void {
    const flags = this.#flags
    this.sawBackslash = false
    /** Nothing reaches back over what was found before. */
    let floor = from
    /** A word begins here, whatever stands before. */
    let boundary = from
    for (let at = from; at < to; ) {
      const flag = flags[bytes[at] ?? 0] ?? 0
      if (flag === 0) {
        at++
        continue
      }
      let end = -1
      if ((flag & Flag.DIGIT) !== 0) end = this.#number(bytes, at, from, to, findings)
      else if ((flag & Flag.TOKEN) !== 0) end = token(bytes, at, boundary, to, findings)
      else if (flag === Flag.AT) end = this.#at(bytes, at, floor, to, findings)
      else if (flag === Flag.COLON) end = ipv6(bytes, at, Math.max(floor, boundary), to, findings)
      else if (flag === Flag.ESCAPE) {
        if (bytes[at] === backslash) this.sawBackslash = true
        const domain = this.#hasEmail ? endOfEscapedAt(bytes, at, to) : -1
        if (domain > 0) end = email(bytes, at, domain, floor, to, findings)
        boundary = end > 0 ? end : endOfEscape(bytes, at, to)
        if (end < 0 && bytes[at] === percent && !isEscapedLocal(bytes, at, to)) end = boundary
      }
      if (end < 0) {
        at++
        if ((flag & Flag.WORD) === 0) continue
      } else {
        floor = end
        at = end
      }
      if (at > from && ((flags[bytes[at - 1] ?? 0] ?? 0) & Flag.WORD) !== 0) {
        const limit = boundary >= at ? boundary : to
        while (at < limit && ((flags[bytes[at] ?? 0] ?? 0) & Flag.WORD) !== 0) at++
      }
    }
  }

  #at(bytes: Buffer, at: number, floor: number, to: number, findings: Findings): number {
    if (this.#hasTokens && findPassword(bytes, at, floor, to)) {
      findings.add(secret.start, secret.end, Kinds.token)
      return secret.end
    }
    return this.#hasEmail ? email(bytes, at, at + 1, floor, to, findings) : -1
  }

  /** The end of the address or card that begins at `at`, where digits begin; -1 if there is none. */
  #number(bytes: Buffer, at: number, from: number, to: number, findings: Findings): number {
    // The decimals of a number, a part of a version.
    if (at > from + 1 && bytes[at - 1] === dot && isDigit(bytes[at - 2])) return -1
    const address = this.#hasAddresses ? endOfIpv4(bytes, at, to) : -1
    if (address > 0) {
      findings.add(at, address, Kinds.ip_address)
      return address
    }
    const card = this.#hasCards ? endOfCard(bytes, at, to) : -1
    if (card < 0) return -1
    findings.add(at, card, Kinds.credit_card)
    return card
  }
}

function token(bytes: Buffer, at: number, boundary: number, to: number, findings: Findings): number {
  if (at + 1 >= to || pairs[(((bytes[at] ?? 0) & 0x7f) << 7) | ((bytes[at + 1] ?? 0) & 0x7f)] === 0) return -1
  const isWithinWord = at > boundary && bytes[at] !== dash && isWord(bytes[at - 1])
  if (isWithinWord || !findToken(bytes, at, to)) return -1
  findings.add(secret.start, secret.end, Kinds.token)
  return secret.end
}

/** @param domain where the domain begins, after the `@` at `at` */
function email(bytes: Buffer, at: number, domain: number, floor: number, to: number, findings: Findings): number {
  const start = startOfLocal(bytes, at, floor)
  const end = start < at ? endOfDomain(bytes, domain, to) : -1
  if (end > 0) findings.add(start, end, Kinds.email)
  return end
}

function ipv6(bytes: Buffer, at: number, floor: number, to: number, findings: Findings): number {
  const start = startOfIpv6(bytes, at, floor)
  const limit = endOfColons(bytes, at, to)
  if ((start > floor && isWord(bytes[start - 1])) || (limit < to && isWord(bytes[limit]))) return -1
  const end = endOfIpv6(bytes, start, limit)
  if (end > 0) findings.add(start, end, Kinds.ip_address)
  return end
}
