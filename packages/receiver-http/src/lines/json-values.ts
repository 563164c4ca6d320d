import type { Buffer } from 'node:buffer'
import { HttpProblem } from '@weir/http-server'

const quote = 0x22
const comma = 0x2c
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const isSpace = (byte: number | undefined): boolean =>
  byte === space || byte === lineFeed || byte === carriageReturn || byte === 0x09

/**
 * Makes a line of each value of a JSON text, in place: of each element of an array, or of values one after the other,
 * however they are printed. What the values are is for others to check.
 * @returns whether it is an array
 * @throws HttpProblem 400 if it is cut off
 */
export function layOutInLines(bytes: Buffer): boolean {
  let start = 0
  while (isSpace(bytes[start])) start++
  const isArray = bytes[start] === openBracket
  const base = isArray ? 1 : 0
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = endOfString(bytes, at + 1)
    } else if (byte === openBracket || byte === openBrace) {
      depth++
    } else if (byte === closeBracket || byte === closeBrace) {
      depth--
      if (isArray && depth === 0) {
        endArray(bytes, start, at)
        return true
      }
    } else if (byte === comma) {
      if (isArray && depth === 1) bytes[at] = lineFeed
    } else if ((byte === lineFeed || byte === carriageReturn) && (isArray || depth > base)) {
      bytes[at] = space
    }
  }
  if (depth > 0) throw new HttpProblem(400, 'the JSON text is cut off')
  return isArray
}

function endArray(bytes: Buffer, start: number, end: number): void {
  for (let at = end + 1; at < bytes.length; at++) {
    if (!isSpace(bytes[at])) throw new HttpProblem(400, `something follows the JSON array, at byte ${at}`)
    bytes[at] = lineFeed
  }
  bytes[start] = space
  bytes[end] = lineFeed
}

/** Offset of the quotation mark that ends a string. */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let before = at
    while (before > from && bytes[before - 1] === backslash) before--
    if ((at - before) % 2 === 0) return at
  }
  throw new HttpProblem(400, 'the JSON text is cut off')
}
