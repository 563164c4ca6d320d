import { Buffer } from 'node:buffer'
import { Cell } from './cell.ts'

/** Longer numbers are most likely ids, and would not survive being numbers. */
const maxDigits = 15
const trueBytes = Buffer.from('true')
const falseBytes = Buffer.from('false')
const minus = 0x2d
const point = 0x2e
const zero = 0x30
const letterE = 0x65
const letterF = 0x66
const letterT = 0x74

/** Writes the cell of `bytes[start…end)`: a number or boolean where they are one of JSON, else a text. */
export function plainCell(bytes: Uint8Array, start: number, end: number, out: Int32Array, at: number): void {
  const first = bytes[start] ?? 0
  out[at] = start
  out[at + 1] = Cell.STRING | end
  if (isDigit(first) || first === minus) {
    const integer = smallInteger(bytes, start, end)
    if (integer >= 0) {
      out[at] = integer
      out[at + 1] = Cell.INTEGER
    } else if (end - start <= maxDigits && isNumber(bytes, start, end)) {
      out[at + 1] = Cell.NUMBER | end
    }
  } else if (first === letterT || first === letterF) {
    const word = first === letterT ? trueBytes : falseBytes
    if (end - start !== word.length || !standsAt(bytes, word, start, end)) return
    out[at] = first === letterT ? 1 : 0
    out[at + 1] = Cell.BOOLEAN
  }
}

/** Whether `text` stands at `at`, before `to`. */
export function standsAt(bytes: Uint8Array, text: Uint8Array, at: number, to: number): boolean {
  const { length } = text
  if (at + length > to) return false
  for (let index = 0; index < length; index++) if (bytes[at + index] !== text[index]) return false
  return true
}

const isDigit = (byte: number): boolean => byte >= zero && byte <= zero + 9

/** The number of up to nine digits that the bytes are, or -1. */
function smallInteger(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 9 || (bytes[start] === zero && end - start > 1)) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - zero
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Whether the bytes are a number of JSON. */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const from = bytes[start] === minus ? start + 1 : start
  let at = afterDigits(bytes, from, end)
  if (at === from || (bytes[from] === zero && at > from + 1)) return false
  if (at < end && bytes[at] === point) {
    const fraction = at + 1
    at = afterDigits(bytes, fraction, end)
    if (at === fraction) return false
  }
  if (at < end && ((bytes[at] ?? 0) | 0x20) === letterE) {
    const sign = bytes[at + 1]
    const exponent = at + (sign === 0x2b || sign === minus ? 2 : 1)
    at = afterDigits(bytes, exponent, end)
    if (at === exponent) return false
  }
  return at === end
}

function afterDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && isDigit(bytes[at] ?? 0)) at++
  return at
}
