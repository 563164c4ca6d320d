/** What a byte can be in a message; a byte may be several things. */
export const ByteClass = {
  /** Part of a word: letters, digits, and what joins them. A dot is not: it depends on what follows. */
  WORD: 1,
  DIGIT: 2,
  /** A letter that no hexadecimal number has. */
  BEYOND_HEX: 4,
  AT: 8,
  DOT: 16,
  SLASH: 32,
  /** A letter, of any script. */
  LETTER: 64,
  /** Ends a path or a URL. */
  ENDS_PATH: 128,
} as const

const { WORD, DIGIT, BEYOND_HEX, AT, DOT, SLASH, LETTER, ENDS_PATH } = ByteClass

/** Classes by byte. */
export const byteClasses = new Uint8Array(256)

const add = (characters: string, classes: number) => {
  for (const character of characters) {
    const byte = character.charCodeAt(0)
    byteClasses[byte] = (byteClasses[byte] ?? 0) | classes
  }
}
add('0123456789', WORD | DIGIT)
add('abcdefABCDEF', WORD | LETTER)
add('ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ', WORD | LETTER | BEYOND_HEX)
add('_-$+*#%&~', WORD | BEYOND_HEX)
add('@', WORD | AT | BEYOND_HEX)
add('.', DOT)
add('/\\', WORD | SLASH | BEYOND_HEX)
add(' \t\r\n"\'`,()[]{}<>', ENDS_PATH)
byteClasses[0] = ENDS_PATH
for (let byte = 128; byte < 256; byte++) byteClasses[byte] = WORD | LETTER | BEYOND_HEX
