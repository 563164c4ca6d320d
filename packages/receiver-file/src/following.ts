import type { Clock, Timer } from '@weir/sdk'
import type { FlushMode } from './tail.ts'

/** How long a file that was moved away is still read. */
const lingerMs = 60_000
/** Looks at a deleted file that find nothing new before it is let go. */
const patientLooks = 2
const firstBackoffMs = 1000
const maxBackoffMs = 30_000

/** What is known of a followed file besides what it holds: when it was seen, and what it waits for. */
export class Following {
  /** It was found by the look that is under way, or by the last one. */
  isListed = true
  /** The last look that came to its end did not find it. */
  isHidden = false
  /** What the next turn does with a last line that has no end. */
  flush: FlushMode = 'keep'
  readonly #clock: Clock
  #quietLooks = 0
  #lastSeenMs: number
  #timer: Timer | undefined
  #backoffMs = firstBackoffMs
  #waitsUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastSeenMs = clock.monotonic()
  }

  /** Its lines were refused, and it is too early to send them again. */
  get isWaiting(): boolean {
    return this.#clock.monotonic() < this.#waitsUntilMs
  }

  /** It was listed. */
  see(): void {
    this.isListed = true
    this.isHidden = false
    this.#quietLooks = 0
    this.#lastSeenMs = this.#clock.monotonic()
  }

  /** It had something new to read. */
  grow(): void {
    this.#lastSeenMs = this.#clock.monotonic()
  }

  /** A look did not find it, and nothing has changed in it. Whether that is so for long enough to let it go. */
  isGone(isDeleted: boolean): boolean {
    if (isDeleted && ++this.#quietLooks >= patientLooks) return true
    return this.#clock.monotonic() - this.#lastSeenMs > lingerMs
  }

  /** Has an unfinished line sent when nothing has come for a while; `hasRead` when something has come just now. */
  flushAfter(ms: number, hasRead: boolean, wake: () => void): void {
    if (this.#timer && !hasRead) return
    this.#wait(ms, () => {
      this.flush = 'if_quiet'
      wake()
    })
  }

  /** Its lines were refused: longer each time, unless that was long ago. */
  backOff(wake: () => void): void {
    const nowMs = this.#clock.monotonic()
    const isRepeated = nowMs - this.#waitsUntilMs < maxBackoffMs
    this.#backoffMs = isRepeated ? Math.min(maxBackoffMs, this.#backoffMs * 2) : firstBackoffMs
    this.#waitsUntilMs = nowMs + this.#backoffMs
    this.#wait(this.#backoffMs, wake)
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wait(ms: number, callback: () => void): void {
    this.cancel()
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = undefined
      callback()
    })
  }
}
