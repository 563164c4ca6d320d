import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** What is wrong with a flow: a step that was left out, or one that has not come in time. */
export interface FlowFault {
  readonly session: string
  /** Index of the step that is missing. */
  readonly step: number
  readonly isLate: boolean
  readonly startedAt: number
}

interface Progress {
  /** Index of the step that is due. */
  next: number
  readonly startedAt: number
}

/** Follows sessions through the steps of a flow. The first step begins one, the last ends it. */
export class Flow {
  readonly #steps: number
  readonly #within: number
  readonly #maxSessions: number
  /** In the order in which they began, which is that in which they fall due. */
  readonly #sessions = new Map<string, Progress>()

  constructor(steps: number, within: number, maxSessions: number) {
    this.#steps = steps
    this.#within = within
    this.#maxSessions = maxSessions
  }

  /** A step was seen. Returns the fault that it shows, if steps before it are missing. */
  see(session: string, step: number, time: number): FlowFault | undefined {
    const progress = this.#sessions.get(session)
    if (step === 0) {
      this.#sessions.delete(session)
      if (this.#sessions.size >= this.#maxSessions) this.#dropOldest()
      if (this.#steps > 1) this.#sessions.set(session, { next: 1, startedAt: time })
      return undefined
    }
    // What began before anyone looked cannot be judged; what comes again is no fault.
    if (progress === undefined || step < progress.next) return undefined
    const { next, startedAt } = progress
    progress.next = step + 1
    if (progress.next === this.#steps) this.#sessions.delete(session)
    return step === next ? undefined : { session, step: next, isLate: false, startedAt }
  }

  /** The flows that should have ended by now, the oldest first; they are not followed any longer. */
  *overdue(now: number): Generator<FlowFault> {
    for (const [session, { next, startedAt }] of this.#sessions) {
      if (startedAt + this.#within > now) continue
      this.#sessions.delete(session)
      yield { session, step: next, isLate: true, startedAt }
    }
  }

  clear(): void {
    this.#sessions.clear()
  }

  snapshot(): AttributeValue {
    return [...this.#sessions].map(([session, { next, startedAt }]) => ({ session, next, startedAt }))
  }

  restore(saved: readonly Saved[]): void {
    for (const one of saved) {
      this.#sessions.set(one.text('session'), { next: one.number('next', 1), startedAt: one.number('startedAt', 0) })
    }
  }

  #dropOldest(): void {
    for (const session of this.#sessions.keys()) {
      this.#sessions.delete(session)
      return
    }
  }
}
