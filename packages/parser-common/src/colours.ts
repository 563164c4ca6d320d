import { colon, nine, openBracket, space, zero } from './byte.ts'
import { page } from './page.ts'

const bytes = page
const tab = 9
const semicolon = 0x3b
const letterM = 0x6d

/** What codes of terminals begin with: `\x1b[1;31m` is bold red, `\x1b[0m` ends it. */
export const escapeCode = 0x1b

/** Offset after the codes of colours at `from`, and the spaces among and behind them. */
export function afterColours(from: number): number {
  let at = from
  for (;;) {
    const after = afterCode(at)
    if (after === at) return at
    at = after
    while (bytes[at] === space) at++
  }
}

/** Offset after a code at `from` that ends a colour; `from` if there is none. */
export function afterReset(from: number): number {
  const after = afterCode(from)
  const first = bytes[from + 2] ?? 0
  const second = bytes[from + 3] ?? 0
  const isAll = first === letterM || (first === zero && second === letterM)
  // 22 to 29 end styles, 39 and 49 colours.
  const isSome = after === from + 5 && (first === 0x32 ? second > 0x31 : second === nine && first > 0x32)
  return after > from && (isAll || isSome) ? after : from
}

/** Whether a colour ends at `from` before a colon or a tab, which the message does not begin with. */
export function isHeaderCode(from: number): boolean {
  const after = afterReset(from)
  return after > from && (bytes[after] === colon || bytes[after] === tab)
}

function afterCode(from: number): number {
  if (bytes[from] !== escapeCode || bytes[from + 1] !== openBracket) return from
  let at = from + 2
  while (((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) || bytes[at] === semicolon) at++
  return bytes[at] === letterM ? at + 1 : from
}
