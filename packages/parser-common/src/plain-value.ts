import { Cell } from '@weir/sdk'
import { minus, nine, zero } from './byte.ts'
import { endOfNumber, endOfWord } from './json-syntax.ts'
import { page } from './page.ts'

const bytes = page

/** Longer numbers are most likely ids, and would not survive being numbers. */
const maxDigits = 15

/**
 * The kind of an unquoted value: numbers as JSON has them are numbers, `true` and `false` booleans, all else text. Of a
 * boolean, `a` of the cell is 1 if it begins with a `t`.
 */
export function kindOfPlain(from: number, to: number): number {
  const first = bytes[from] ?? 0
  if (first === minus || (first >= zero && first <= nine)) {
    return to - from <= maxDigits && endOfNumber(from) === to ? Cell.NUMBER : Cell.STRING
  }
  return (first === 0x74 || first === 0x66) && endOfWord(from) === to ? Cell.BOOLEAN : Cell.STRING
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The same for text. */
export function plainValue(text: string): string | number | boolean {
  const first = text.charCodeAt(0)
  if (first === minus || (first >= zero && first <= nine))
    return text.length <= maxDigits && number.test(text) ? Number(text) : text
  return text === 'true' || text === 'false' ? text === 'true' : text
}
