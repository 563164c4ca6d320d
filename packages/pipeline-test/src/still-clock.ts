import type { Clock, Timer } from '@weir/sdk'

const never: Timer = { cancel() {} }

/** A clock that stands still: in a test, time is the time of the records. No timer ever falls due. */
export class StillClock implements Clock {
  readonly #now: number

  /** @param now Unix epoch in milliseconds */
  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(): Timer {
    return never
  }

  every(): Timer {
    return never
  }

  sleep(_ms: number, abortSignal?: AbortSignal): Promise<void> {
    return new Promise((_, reject) => {
      abortSignal?.addEventListener('abort', () => reject(abortSignal.reason), { once: true })
    })
  }
}
