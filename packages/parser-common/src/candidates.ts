import { type Logger, messageOf, type Parser, type Parsers } from '@weir/sdk'

export interface Candidate {
  readonly type: string
  readonly parser: Parser
}

/** What everything is that no parser is sure of. */
const fallbackType = 'text'
const lineAsItIs: Candidate = { type: fallbackType, parser: { parse: () => true } }

/** The parsers among which `auto` chooses; made when they are first asked for, and shared by all sources. */
export class Candidates {
  readonly #parsers: Parsers
  readonly #config: { readonly threshold: number; readonly types: readonly string[] }
  readonly #logger: Logger
  #candidates: readonly Candidate[] | undefined
  #fallback: Candidate | undefined

  constructor(parsers: Parsers, config: { threshold: number; types: readonly string[] }, logger: Logger) {
    this.#parsers = parsers
    this.#config = config
    this.#logger = logger
  }

  /** The parser that is surest of the lines, if it is sure enough; else the one that reads anything. */
  choose(lines: readonly string[]): Candidate {
    let chosen = this.fallback
    let certainty = this.#config.threshold
    for (const candidate of this.#all()) {
      const found = candidate.parser.sniff?.(lines) ?? 0
      if (found > certainty || (found === certainty && chosen === this.fallback)) {
        chosen = candidate
        certainty = found
      }
    }
    return chosen
  }

  get fallback(): Candidate {
    this.#fallback ??= this.#all().find(({ type }) => type === fallbackType) ?? this.#create(fallbackType) ?? lineAsItIs
    return this.#fallback
  }

  #all(): readonly Candidate[] {
    const { types } = this.#config
    const names = types.length > 0 ? types : this.#parsers.types().map(({ type }) => type)
    this.#candidates ??= names.filter((name) => name !== 'auto').flatMap((name) => this.#create(name) ?? [])
    return this.#candidates
  }

  #create(name: string): Candidate | undefined {
    try {
      const installed = this.#parsers.types().find(({ type }) => type === name)
      const parser =
        installed === undefined || this.#config.types.includes(name) ? this.#parsers.create(name) : installed.create()
      return parser && { type: name, parser }
    } catch (error) {
      this.#logger.warn({ parser: name, error: messageOf(error) }, 'a parser cannot take part in auto')
      return undefined
    }
  }
}
