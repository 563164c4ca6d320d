import type { AttributeMap, LineSource, Parser } from '@weir/sdk'

/** What the stage remembers of one source of lines. */
export interface SourceState {
  readonly source: LineSource
  readonly parser: Parser
  readonly attributes: AttributeMap
  readonly resource: AttributeMap
  /** In the middle of a record that is too long: what comes up to the next newline is thrown away. */
  isSkipping: boolean
  /** What was parsed last has values that are no ranges of the bytes, one a record or more. */
  keepsStrings: boolean
}

/** Sources beyond which the one unused for longest is forgotten. */
const maxSources = 16_384

/** The sources of one receiver, by id. */
export class SourceStates {
  readonly #states = new Map<string, SourceState>()
  readonly #create: (source: LineSource) => SourceState

  constructor(create: (source: LineSource) => SourceState) {
    this.#create = create
  }

  of(source: LineSource): SourceState {
    let state = this.#states.get(source.id)
    if (state === undefined) {
      state = this.#create(source)
    } else {
      if (state.source === source) return state
      this.#states.delete(source.id)
    }
    this.#states.set(source.id, state)
    if (this.#states.size > maxSources) {
      for (const oldest of this.#states.keys()) {
        this.#states.delete(oldest)
        break
      }
    }
    return state
  }
}
