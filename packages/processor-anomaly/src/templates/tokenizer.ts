import type { Buffer } from 'node:buffer'
import { ByteClass, byteClasses } from './byte-class.ts'
import { isHost } from './host-name.ts'
import { forWord, hashStart, maxSpecialLength, SpecialWord, specialWord, userWord } from './special-words.ts'

const { WORD, DIGIT, BEYOND_HEX, AT, DOT, SLASH, LETTER, ENDS_PATH } = ByteClass

/** Tokens of a message that are looked at: what comes after them does not tell messages apart. */
export const maxTokens = 48
/** The token of every value. */
export const wild = 0
/** Letters from which on a word of nothing but a to f is taken for a hexadecimal number. */
const minHexLetters = 8

const firstHash = 17
const firstCheck = 0x2545_f491
const nextHash = (hash: number, token: number): number => {
  const mixed = Math.imul(hash ^ token, 0x85eb_ca6b)
  return mixed ^ (mixed >>> 13)
}
const nextCheck = (check: number, token: number): number => (Math.imul(check, 0x9e37_79b1) + token) | 0

/** The two hashes of a sequence of tokens as one number of 53 bits, for a Map. */
export const joined = (hash: number, check: number): number => (hash >>> 0) * 0x20_0000 + (check >>> 11)

/** The same of tokens that were read before. */
export function hashesOf(tokens: Int32Array): number {
  let hash = firstHash
  let check = firstCheck
  for (const token of tokens) {
    hash = nextHash(hash, token)
    check = nextCheck(check, token)
  }
  return joined(hash, check)
}

/**
 * Splits a message into tokens: words, as hashes, and values (whatever has a digit, paths, URLs, hosts, addresses,
 * dates), as `wild`. Values that follow one another are one, so that lists of any length look the same. Punctuation
 * between tokens does not count. It works on bytes and makes no strings; every byte is looked at once.
 */
export class Tokenizer {
  count = 0
  readonly tokens = new Int32Array(maxTokens)
  readonly starts = new Int32Array(maxTokens)
  readonly ends = new Int32Array(maxTokens)
  /** Where the message ended: at its first line break, or where enough tokens were read. */
  end = 0
  /** Two hashes of all tokens: one finds, the other confirms. */
  hash = 0
  check = 0

  /**
   * Reads `bytes[from…to)` up to the first line break. What stands at `to` must be there and end a token (`endsToken`):
   * the loops over the bytes of a token do not look for the end.
   */
  read(bytes: Buffer, from: number, to: number): void {
    const { tokens, starts, ends } = this
    const table = byteClasses
    let count = 0
    let hash = firstHash
    let check = firstCheck
    let wasWild = false
    let at = from
    while (at < to) {
      const first = bytes[at] ?? 0
      let classes = table[first] ?? 0
      const start = at
      let isWild = true
      let token = wild
      if ((classes & DIGIT) !== 0) {
        do classes = table[bytes[++at] ?? 0] ?? 0
        while ((classes & (WORD | DOT)) !== 0)
      } else if ((classes & SLASH) !== 0 || (first === 46 && bytes[at + 1] === 47)) {
        do classes = table[bytes[++at] ?? 0] ?? 0
        while ((classes & ENDS_PATH) === 0)
      } else if ((classes & WORD) !== 0) {
        let byte = first
        let seen = 0
        token = hashStart
        for (;;) {
          do {
            token = ((token << 5) - (token - byte)) | 0
            seen |= classes
            byte = bytes[++at] ?? 0
            classes = table[byte] ?? 0
          } while ((classes & WORD) !== 0)
          if (byte !== 46 || ((table[bytes[at + 1] ?? 0] ?? 0) & WORD) === 0) break
          classes = DOT
        }
        if ((seen & LETTER) === 0 && (seen & DIGIT) === 0) continue
        const isName = count > 1 && tokens[count - 1] === userWord && tokens[count - 2] === forWord
        const follows: boolean = wasWild && adjoins(bytes, ends[count - 1] ?? 0, start)
        isWild = isName || this.#isValue(bytes, start, at, to, seen, token, follows)
        if (isWild) token = wild
        else if (token === wild) token = 1
      } else {
        if (first === 10) break
        at++
        if (first !== 58 || !isAnyAddress(bytes, start)) continue
        at++
      }
      if (isWild && wasWild) {
        ends[count - 1] = at
        continue
      }
      wasWild = isWild
      tokens[count] = token
      starts[count] = start
      ends[count] = at
      hash = nextHash(hash, token)
      check = nextCheck(check, token)
      if (++count === maxTokens) break
    }
    this.count = count
    this.end = at
    this.hash = hash
    this.check = check
  }

  /**
   * Whether a token that begins with no digit and no slash is a value. `seen`: the classes of its bytes; `followsValue`: a value
   * stands right before it.
   */
  #isValue(
    bytes: Buffer,
    start: number,
    end: number,
    to: number,
    seen: number,
    token: number,
    followsValue: boolean,
  ): boolean {
    if ((seen & (DIGIT | AT | DOT)) !== 0) {
      if ((seen & DIGIT) !== 0) return bytes[end] !== 61 || !isKey(bytes, start, end, to)
      return (seen & (AT | SLASH)) !== 0 || isHost(bytes, start, end)
    }
    if (bytes[end] === 91 && bytes[end - 1] === 45 && ((byteClasses[bytes[end + 1] ?? 0] ?? 0) & DIGIT) !== 0)
      return true
    if ((seen & BEYOND_HEX) === 0 && (end - start >= minHexLetters || isPair(bytes, start, end))) return true
    if (end - start > maxSpecialLength) return false
    const special = specialWord(token)
    return special === SpecialWord.DATE || (special === SpecialWord.UNIT && followsValue)
  }
}

/** Whether a token that stands before this byte cannot go on: the condition under which `read` may read up to it. */
export const endsToken = (byte: number | undefined): boolean =>
  byte !== undefined && ((byteClasses[byte] ?? 0) & ENDS_PATH) !== 0

/** Whether a token with digits before `=` is a name: `r24=0x17`. */
const isKey = (bytes: Buffer, start: number, end: number, to: number): boolean =>
  end + 1 < to &&
  ((byteClasses[bytes[start] ?? 0] ?? 0) & (LETTER | DIGIT)) === LETTER &&
  ((byteClasses[bytes[end + 1] ?? 0] ?? 0) & (WORD | ENDS_PATH)) === WORD

/** Whether a token from `start` stands right after one up to `end`, or a space after it: `4 KB`, and not `4 [B]`. */
const adjoins = (bytes: Buffer, end: number, start: number): boolean =>
  start === end || (start === end + 1 && bytes[end] === 32)

/** Whether the two colons stand alone: the address of IPv6 that means any. */
const isAnyAddress = (bytes: Buffer, at: number): boolean =>
  bytes[at + 1] === 58 &&
  ((byteClasses[bytes[at - 1] ?? 0] ?? 0) & ENDS_PATH) !== 0 &&
  ((byteClasses[bytes[at + 2] ?? 0] ?? 0) & ENDS_PATH) !== 0

/** Whether it is one of the pairs of a hardware address: `FF` in `FF:0A:EC`. */
const isPair = (bytes: Buffer, start: number, end: number): boolean =>
  end - start === 2 && (bytes[end] === 58 || (start > 0 && bytes[start - 1] === 58))
