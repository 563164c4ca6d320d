import type { Clock } from '@weir/sdk'

/** Share of the thread's time that all taps together may take. */
const share = 0.05
/** What may be saved up, and what may be owed: the machine may have done something else meanwhile. Milliseconds. */
const maxMs = 50

/** The time that looking at records may take, so that the pipeline does not notice. */
export class TapAllowance {
  readonly #clock: Clock
  #leftMs = maxMs
  #filledAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#filledAt = clock.monotonic()
  }

  /** Whether there is time to look at something now. */
  get isLeft(): boolean {
    const now = this.#clock.monotonic()
    this.#leftMs = Math.min(maxMs, this.#leftMs + (now - this.#filledAt) * share)
    this.#filledAt = now
    return this.#leftMs > 0
  }

  spend(ms: number): void {
    this.#leftMs = Math.max(-maxMs, this.#leftMs - ms)
  }
}
