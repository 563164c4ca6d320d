/** The first parts of all words in a config: the types of components that it may mean are among them. */
export function usedWords(value: unknown, words: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') words.add(typeOf(value))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      words.add(typeOf(key))
      usedWords(child, words)
    }
  }
  return words
}

/** `file` of `file/archive`. */
const typeOf = (word: string): string => word.split('/', 1)[0] ?? word
