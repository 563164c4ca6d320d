/** ASCII. */
export const newline = 0x0a
export const carriageReturn = 0x0d
export const space = 0x20
export const quote = 0x22
export const minus = 0x2d
export const slash = 0x2f
export const zero = 0x30
export const nine = 0x39
export const colon = 0x3a
export const questionMark = 0x3f
export const openBracket = 0x5b
export const backslash = 0x5c
export const closeBracket = 0x5d
export const openBrace = 0x7b
export const closeBrace = 0x7d
export const comma = 0x2c

/**
 * Which of the four bytes of a word are control characters or `"`: the top bit of the lowest one that is, is set; 0 if
 * there is none. A byte exclusive-or 2 is below 0x21 if it is a control character or the quote.
 * @see https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
 */
export const quotesIn = (word: number): number => {
  const mixed = word ^ 0x02020202
  return (mixed - 0x21212121) & ~mixed & 0x80808080
}

/** The same for control characters, `"` and `\`: where the plain part of a JSON string ends. */
export const escapesIn = (word: number): number => {
  const mixed = word ^ 0x02020202
  const backslashes = word ^ 0x5c5c5c5c
  return (((mixed - 0x21212121) & ~mixed) | ((backslashes - 0x01010101) & ~backslashes)) & 0x80808080
}

/** Index of the lowest byte that has its top bit set. */
export const lowestByte = (marks: number): number => 3 - (Math.clz32(marks & -marks) >> 3)

/** Which of the four bytes of a word are control characters, a newline among them. */
export const controlsIn = (word: number): number => (word - 0x20202020) & ~word & 0x80808080

/** The bits of a word of which the first `count` bytes count. */
export const maskOf = (count: number): number => (count >= 4 ? -1 : count <= 0 ? 0 : (1 << (count * 8)) - 1)
