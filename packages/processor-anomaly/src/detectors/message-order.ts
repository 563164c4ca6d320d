import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** Steps from one kind of message to the next that are remembered. */
const maxSteps = 20_000

/** Knows which kind of message has ever followed which within a session. */
export class MessageOrder {
  readonly #maxSessions: number
  /** The last kind in each session, least recently seen first. */
  readonly #last = new Map<string, string>()
  readonly #steps = new Set<string>()

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions
  }

  /** A kind of message came in a session. Returns the kind before it if it has never followed that one. */
  next(session: string, kind: string): string | undefined {
    const past = this.#last.get(session)
    this.#last.delete(session)
    this.#last.set(session, kind)
    if (this.#last.size > this.#maxSessions) this.#dropOldest()
    if (past === undefined) return undefined
    const step = `${past} ${kind}`
    if (this.#steps.has(step) || this.#steps.size >= maxSteps) return undefined
    this.#steps.add(step)
    return past
  }

  /** Orders that are known. */
  get size(): number {
    return this.#steps.size
  }

  /** No session goes on. */
  interrupt(): void {
    this.#last.clear()
  }

  snapshot(): AttributeValue {
    return { last: [...this.#last].map(([session, kind]) => ({ session, kind })), steps: [...this.#steps] }
  }

  restore(saved: Saved): void {
    for (const one of saved.children('last')) this.#last.set(one.text('session'), one.text('kind'))
    for (const step of saved.texts('steps')) this.#steps.add(step)
  }

  #dropOldest(): void {
    for (const session of this.#last.keys()) {
      this.#last.delete(session)
      return
    }
  }
}
