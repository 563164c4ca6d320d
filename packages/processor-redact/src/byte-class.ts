import { Buffer } from 'node:buffer'

const bits = { digit: 1, letter: 2, hex: 4, wide: 8, joint: 16 } as const

const classes = new Uint8Array(256)
const mark = (bytes: string, bit: number) => {
  for (const byte of Buffer.from(bytes)) classes[byte] = (classes[byte] ?? 0) | bit
}
const letters = 'abcdefghijklmnopqrstuvwxyz'
mark('0123456789', bits.digit | bits.hex)
mark(letters + letters.toUpperCase(), bits.letter)
mark('abcdefABCDEF', bits.hex)
mark('._%+-', bits.joint)
for (let byte = 0x80; byte < 0x100; byte++) classes[byte] = bits.wide

const is = (byte: number | undefined, mask: number): boolean => ((classes[byte ?? 0] ?? 0) & mask) !== 0

export const isDigit = (byte: number | undefined): boolean => is(byte, bits.digit)
export const isHex = (byte: number | undefined): boolean => is(byte, bits.hex)
export const isAlphanumeric = (byte: number | undefined): boolean => is(byte, bits.digit | bits.letter)
/** Of ASCII, or part of a character beyond it. */
export const isLetter = (byte: number | undefined): boolean => is(byte, bits.letter | bits.wide)
/** What a word is made of: nothing is found that begins or ends within one. */
export const isWord = (byte: number | undefined): boolean => byte === 0x5f || is(byte, bits.digit | bits.letter)
/** What the part of an address of mail before the @ is made of. Quotes and the like are left out: they stand around addresses. */
export const isLocal = (byte: number | undefined): boolean =>
  is(byte, bits.digit | bits.letter | bits.wide | bits.joint)
/** What a label of a domain is made of. */
export const isLabel = (byte: number | undefined): boolean =>
  byte === 0x2d || is(byte, bits.digit | bits.letter | bits.wide)
/** base64url, as tokens use it. */
export const isBase64Url = (byte: number | undefined): boolean => byte === 0x2d || isWord(byte)
