import type { Clock, Timer } from '@weir/sdk'

const second = 1000

/** How many lines may be written in a second; it counts what is left out and tells when the second is over. */
export class LineBudget {
  readonly #limit: number
  readonly #clock: Clock
  readonly #tell: (suppressed: number) => void
  #since = Number.NEGATIVE_INFINITY
  #left = 0
  #suppressed = 0
  #timer: Timer | undefined

  /** @param limit lines a second, 0 for all */
  constructor(limit: number, clock: Clock, tell: (suppressed: number) => void) {
    this.#limit = limit
    this.#clock = clock
    this.#tell = tell
  }

  /** Whether something may be written now; if not, it counts as left out. */
  mayWrite(): boolean {
    if (this.#limit === 0) return true
    const now = this.#clock.monotonic()
    if (now - this.#since >= second) {
      this.flush()
      this.#since = now
      this.#left = this.#limit
    }
    if (this.#left > 0) return true
    this.#suppressed++
    this.#timer ??= this.#clock.after(this.#since + second - now, () => this.flush())
    return false
  }

  spend(lines: number): void {
    this.#left -= lines
  }

  /** Tells what has been left out. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const suppressed = this.#suppressed
    this.#suppressed = 0
    if (suppressed > 0) this.#tell(suppressed)
  }
}
