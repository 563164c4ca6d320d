import type { CompiledPattern, Patterns } from '@weir/sdk'

/** A value that the operator describes. */
export interface MaskConfig {
  readonly name: string
  readonly pattern: string
}

/** Matches that are replaced in one message. */
const maxMatches = 64

/** Replaces values by their names before a message is cut into words: a name is a word that is always the same. */
export class CustomMasks {
  readonly #masks: readonly { readonly name: string; readonly pattern: CompiledPattern }[]

  /** @throws WeirError `WEIR_PATTERN_INVALID` */
  constructor(given: readonly MaskConfig[], patterns: Patterns) {
    this.#masks = given.map(({ name, pattern }) => ({ name: `<${name}>`, pattern: patterns.compile(pattern) }))
  }

  apply(message: string): string {
    let text = message
    for (const { name, pattern } of this.#masks) text = replaced(text, pattern, name)
    return text
  }
}

/** The masks of a config; `undefined` if it has none. */
export const customMasks = (given: readonly MaskConfig[], patterns: Patterns): CustomMasks | undefined =>
  given.length === 0 ? undefined : new CustomMasks(given, patterns)

function replaced(text: string, pattern: CompiledPattern, name: string): string {
  let done = ''
  let rest = text
  for (let matches = 0; matches < maxMatches; matches++) {
    const match = pattern.exec(rest)
    if (match === null || match[0] === '') break
    done += rest.slice(0, match.index) + name
    rest = rest.slice(match.index + match[0].length)
  }
  return done + rest
}
