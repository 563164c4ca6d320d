import { type Logger, messageOf, type Parser, type Parsers } from '@weir/sdk'

export interface Candidate {
  readonly type: string
  readonly parser: Parser
}

/** What everything is that no parser is sure of. */
const fallbackType = 'text'
const lineAsItIs: Candidate = { type: fallbackType, parser: { parse: () => true } }

/** What is asked which parser lines are for. */
export interface Choice {
  /** The parser that is surest of the lines, if it is sure enough; else the one that reads anything. */
  choose(lines: readonly string[]): Candidate
  readonly fallback: Candidate
}

/** Formats whose lines hold lines of another format; the first reads those of the others, and the messages. */
const containers = ['container', 'cri', 'docker']

/** The parsers among which `auto` chooses; made when they are first asked for, and shared by all sources. */
export class Candidates implements Choice {
  /** The choice among those that messages of containers may be for. */
  readonly messages: Choice
  readonly #parsers: Parsers
  readonly #config: { readonly threshold: number; readonly types: readonly string[] }
  readonly #logger: Logger
  #candidates: readonly Candidate[] | undefined
  #fallback: Candidate | undefined

  readonly #containerParser: (messages: Choice) => Parser

  /** @param containerParser makes a parser of the files of containers, whose messages are for the parser that is chosen */
  constructor(
    parsers: Parsers,
    config: { threshold: number; types: readonly string[] },
    logger: Logger,
    containerParser: (messages: Choice) => Parser,
  ) {
    this.#parsers = parsers
    this.#config = config
    this.#logger = logger
    this.#containerParser = containerParser
    const choose = (lines: readonly string[]) =>
      this.#surest(
        lines,
        this.#all().filter(({ type }) => !containers.includes(type)),
      )
    const fallback = () => this.fallback
    this.messages = {
      choose,
      get fallback() {
        return fallback()
      },
    }
  }

  choose(lines: readonly string[]): Candidate {
    return this.#surest(lines, this.#all())
  }

  #surest(lines: readonly string[], candidates: readonly Candidate[]): Candidate {
    let chosen = this.fallback
    let certainty = this.#config.threshold
    for (const candidate of candidates) {
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
    const names = types.length > 0 ? types : this.#installed()
    this.#candidates ??= names.filter((name) => name !== 'auto').flatMap((name) => this.#create(name) ?? [])
    return this.#candidates
  }

  /** Every installed type, but of those for containers one: it reads what the others read. */
  #installed(): string[] {
    const names = this.#parsers.types().map(({ type }) => type)
    const [first = '', ...others] = containers
    return names.includes(first) ? names.filter((name) => !others.includes(name)) : names
  }

  #create(name: string): Candidate | undefined {
    try {
      if (name === containers[0] && !this.#config.types.includes(name))
        return { type: name, parser: this.#containerParser(this.messages) }
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
