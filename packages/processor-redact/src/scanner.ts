import type { Buffer } from 'node:buffer'
import { endOfColons, endOfIpv4, endOfIpv6, startOfIpv6 } from './address.ts'
import { isDigit, isWord } from './byte-class.ts'
import { endOfCard } from './card.ts'
import { endOfDomain, startOfLocal } from './email.ts'
import type { Findings } from './findings.ts'
import { type Kind, Kinds } from './kind.ts'
import { beginsToken, findToken, secret } from './token.ts'

const Trigger = { NONE: 0, DIGIT: 1, AT: 2, COLON: 3, TOKEN: 4, BACKSLASH: 5 } as const
const dot = 0x2e

/**
 * Finds cards, addresses and tokens in bytes, in one pass and in linear time: what may begin something is looked at
 * from there on, a bounded number of bytes or as many as are then passed over.
 */
export class Scanner {
  readonly #triggers = new Uint8Array(256)
  readonly #hasCards: boolean
  readonly #hasAddresses: boolean
  /** Whether there was a backslash in what was scanned last: the text may stand for another. */
  sawBackslash = false

  constructor(kinds: readonly Kind[]) {
    const has = (kind: Kind) => kinds.includes(kind)
    this.#hasCards = has('credit_card')
    this.#hasAddresses = has('ip_address')
    for (let byte = 0; byte < 256; byte++) if (has('token') && beginsToken(byte)) this.#triggers[byte] = Trigger.TOKEN
    if (this.#hasCards || this.#hasAddresses)
      for (let byte = 0x30; byte <= 0x39; byte++) this.#triggers[byte] = Trigger.DIGIT
    if (has('email')) this.#triggers[0x40] = Trigger.AT
    if (this.#hasAddresses) this.#triggers[0x3a] = Trigger.COLON
    this.#triggers[0x5c] = Trigger.BACKSLASH
  }

  /** Adds what there is in `bytes[from…to)`, a text of its own: what stands around it does not count. */
  scan(bytes: Buffer, from: number, to: number, findings: Findings): void {
    const triggers = this.#triggers
    this.sawBackslash = false
    /** Nothing reaches back over what was found before. */
    let floor = from
    let { count } = findings
    for (let at = from; at < to; ) {
      let next = at + 1
      switch (triggers[bytes[at] ?? 0]) {
        case Trigger.DIGIT:
          if (at === from || !isWord(bytes[at - 1])) next = this.#number(bytes, at, from, to, findings)
          break
        case Trigger.AT: {
          const start = startOfLocal(bytes, at, floor)
          const end = start < at ? endOfDomain(bytes, at + 1, to) : -1
          if (end > 0) {
            findings.add(start, end, Kinds.email)
            next = end
          }
          break
        }
        case Trigger.COLON:
          next = this.#ipv6(bytes, at, floor, to, findings)
          break
        case Trigger.TOKEN:
          if ((at === from || !isWord(bytes[at - 1])) && findToken(bytes, at, to)) {
            findings.add(secret.start, secret.end, Kinds.token)
            next = secret.end
          }
          break
        case Trigger.BACKSLASH:
          this.sawBackslash = true
          break
      }
      at = next
      if (findings.count > count) {
        floor = next
        count = findings.count
      }
    }
  }

  /** Looks at digits that begin at `at`; returns where to go on. */
  #number(bytes: Buffer, at: number, from: number, to: number, findings: Findings): number {
    // The decimals of a number, a part of a version.
    const isPart = at > from + 1 && bytes[at - 1] === dot && isDigit(bytes[at - 2])
    const address = this.#hasAddresses && !isPart ? endOfIpv4(bytes, at, to) : -1
    if (address > 0) {
      findings.add(at, address, Kinds.ip_address)
      return address
    }
    const card = this.#hasCards && !isPart ? endOfCard(bytes, at, to) : -1
    if (card > 0 && !isWord(bytes[card < to ? card : -1])) {
      findings.add(at, card, Kinds.credit_card)
      return card
    }
    let end = at + 1
    while (end < to && isDigit(bytes[end])) end++
    return end
  }

  /** Looks at a colon; returns where to go on. */
  #ipv6(bytes: Buffer, at: number, floor: number, to: number, findings: Findings): number {
    const start = startOfIpv6(bytes, at, floor)
    const limit = endOfColons(bytes, at, to)
    const isWithin = (start > floor && isWord(bytes[start - 1])) || (limit < to && isWord(bytes[limit]))
    const end = isWithin ? -1 : endOfIpv6(bytes, start, limit)
    if (end < 0) return at + 1
    findings.add(start, end, Kinds.ip_address)
    return end
  }
}
