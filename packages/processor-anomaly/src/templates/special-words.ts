import { Buffer } from 'node:buffer'

export const hashStart = 0x2d51

/** The hash of a word, byte by byte: 31 times what was, plus the byte; it has the shortest chain of operations. */
const hashOf = (word: string): number => {
  let hash = hashStart
  for (const byte of Buffer.from(word)) hash = ((hash << 5) - (hash - byte)) | 0
  return hash
}

/** Words that are values and not text: always, or after another value. */
export const SpecialWord = { NONE: 0, DATE: 1, UNIT: 2 } as const

/** Bytes of the longest of them. */
export const maxSpecialLength = 5

const tableSize = 1024
const hashes = new Int32Array(tableSize)
const kinds = new Uint8Array(tableSize)

const add = (words: string, kind: number) => {
  for (const word of words.split(' ')) {
    const hash = hashOf(word)
    let at = hash & (tableSize - 1)
    while (kinds[at] !== 0) at = (at + 1) & (tableSize - 1)
    hashes[at] = hash
    kinds[at] = kind
  }
}
add('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun', SpecialWord.DATE)
add(
  'B KB MB GB TB PB kB KiB MiB GiB TiB K M G T bytes ns us µs ms s sec secs min mins m h hrs UTC GMT',
  SpecialWord.UNIT,
)

/** What kind of special word a hash is of. */
export function specialWord(hash: number): number {
  let at = hash & (tableSize - 1)
  for (;;) {
    const kind = kinds[at] ?? 0
    if (kind === 0 || hashes[at] === hash) return kind
    at = (at + 1) & (tableSize - 1)
  }
}

/** What follows these two words is the name of someone: `session opened for user ann`. */
export const userWord = hashOf('user')
export const forWord = hashOf('for')
