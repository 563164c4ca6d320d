import type { Clock, Timer } from '../token.ts'

interface Entry {
  at: number
  callback: () => void
}

/** A clock that moves only when it is told to. */
export class TestClock implements Clock {
  #now: number
  readonly #entries = new Set<Entry>()

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  /** Timers that are set: a component that has stopped has left none. */
  get pending(): number {
    return this.#entries.size
  }

  after(ms: number, callback: () => void): Timer {
    const entry = { at: this.#now + ms, callback }
    this.#entries.add(entry)
    return { cancel: () => void this.#entries.delete(entry) }
  }

  every(ms: number, callback: () => void): Timer {
    let timer = this.after(ms, function again(this: void) {})
    const arm = () => {
      timer = this.after(ms, () => {
        arm()
        callback()
      })
    }
    timer.cancel()
    arm()
    return { cancel: () => timer.cancel() }
  }

  sleep(ms: number, abortSignal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (abortSignal?.aborted) return reject(abortSignal.reason)
      const timer = this.after(ms, resolve)
      abortSignal?.addEventListener(
        'abort',
        () => {
          timer.cancel()
          reject(abortSignal.reason)
        },
        { once: true },
      )
    })
  }

  /** Moves on by `ms`, calls what falls due in its order, and lets promises that follow from it settle. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await settle()
      const next = [...this.#entries].sort((one, other) => one.at - other.at)[0]
      if (next === undefined || next.at > until) break
      this.#entries.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = until
    await settle()
  }
}

/** Lets everything run that is ready to: promises and immediate callbacks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
