import type { Buffer } from 'node:buffer'

/** How deep objects and arrays may stand in each other. */
export const maxDepth = 512

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c
const colon = 0x3a

/** What may come next. */
const Expect = { VALUE: 0, FIRST_ELEMENT: 1, KEY: 2, FIRST_KEY: 3, NEXT: 4 } as const

/** Whether what is open at each depth is an object. */
const isObjectAt = new Uint8Array(maxDepth)

/** Bytes of a string that are only what they are. */
const plain = new Uint8Array(256).fill(1).fill(0, 0, 0x20)
plain[quote] = 0
plain[backslash] = 0

/**
 * Whether a line is a JSON object (RFC 8259), without making it: almost twice as fast as `JSON.parse`, and nothing is
 * left to be collected. The byte after the line is a line feed, or there is none.
 */
export function isJsonObject(bytes: Buffer, from: number, to: number): boolean {
  let at = afterSpace(bytes, from)
  if (bytes[at] !== openBrace) return false
  let expected: number = Expect.VALUE
  let depth = 0
  while (at < to) {
    const byte = bytes[at]
    if (expected === Expect.NEXT) {
      if (depth === 0) return false
      const isObject = isObjectAt[depth - 1] === 1
      if (byte === comma) expected = isObject ? Expect.KEY : Expect.VALUE
      else if (byte === (isObject ? closeBrace : closeBracket)) depth--
      else return false
      at++
    } else if (expected >= Expect.KEY) {
      if (byte === quote) {
        at = afterSpace(bytes, afterString(bytes, at + 1))
        if (bytes[at] !== colon) return false
        at++
        expected = Expect.VALUE
      } else {
        if (byte !== closeBrace || expected === Expect.KEY) return false
        depth--
        at++
        expected = Expect.NEXT
      }
    } else if (byte === openBrace || byte === openBracket) {
      if (depth === maxDepth) return false
      isObjectAt[depth++] = byte === openBrace ? 1 : 0
      expected = byte === openBrace ? Expect.FIRST_KEY : Expect.FIRST_ELEMENT
      at++
    } else {
      if (byte === closeBracket && expected === Expect.FIRST_ELEMENT) {
        depth--
        at++
      } else {
        at = afterScalar(bytes, at)
      }
      expected = Expect.NEXT
    }
    at = afterSpace(bytes, at)
  }
  return at === to && depth === 0 && expected === Expect.NEXT
}

/** Farther than any line: what is not valid ends the loop there. */
const nowhere = Number.MAX_SAFE_INTEGER

function afterSpace(bytes: Buffer, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x09 || byte === 0x0d; byte = bytes[at]) at++
  return at
}

function afterScalar(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case quote:
      return afterString(bytes, at + 1)
    case 0x74:
      return afterWord(bytes, at, 'true')
    case 0x66:
      return afterWord(bytes, at, 'false')
    case 0x6e:
      return afterWord(bytes, at, 'null')
    default:
      return afterNumber(bytes, at)
  }
}

function afterWord(bytes: Buffer, at: number, word: string): number {
  for (let index = 1; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return nowhere
  return at + word.length
}

function afterString(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    while (plain[bytes[at] ?? 0] === 1) at++
    if (bytes[at] === quote) return at + 1
    if (bytes[at] !== backslash) return nowhere
    const escaped = bytes[at + 1] ?? 0
    if (escaped === 0x75) {
      for (let digit = at + 2; digit < at + 6; digit++) if (!isHex(bytes[digit])) return nowhere
      at += 6
    } else if ('"\\/bfnrt'.includes(String.fromCharCode(escaped))) {
      at += 2
    } else {
      return nowhere
    }
  }
}

function afterNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from
  const whole = afterDigits(bytes, at)
  if (whole === at || (bytes[at] === 0x30 && whole > at + 1)) return nowhere
  at = whole
  if (bytes[at] === 0x2e) {
    const fraction = afterDigits(bytes, at + 1)
    if (fraction === at + 1) return nowhere
    at = fraction
  }
  if (((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[at + 1]
    const digits = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    at = afterDigits(bytes, digits)
    if (at === digits) return nowhere
  }
  return at
}

function afterDigits(bytes: Buffer, from: number): number {
  let at = from
  for (let byte = bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[at] ?? 0) at++
  return at
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}
