import type { Clock } from '@weir/sdk'

export type CircuitState = 'closed' | 'open' | 'half_open'

export interface CircuitOptions {
  /** Failures in a row that open it. */
  threshold: number
  /** How long it stays open. */
  openMs: number
  clock: Clock
  onChange: (state: CircuitState) => void
}

/** Holds attempts back while a sink keeps failing, then lets one through to see. */
export class Circuit {
  readonly #options: CircuitOptions
  #state: CircuitState = 'closed'
  #failures = 0
  #openSince = 0
  #openUntil = 0
  #probe: PromiseWithResolvers<void> | undefined

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  /** How long it has not been closed, milliseconds; 0 while it is. */
  get openMs(): number {
    return this.#state === 'closed' ? 0 : this.#options.clock.monotonic() - this.#openSince
  }

  get state(): CircuitState {
    return this.#state
  }

  /** How long no attempt may be made, milliseconds. */
  get waitMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntil - this.#options.clock.monotonic()) : 0
  }

  /** Resolves when an attempt may be made; who gets through calls `succeed` or `fail`. Rejects when the signal aborts. */
  async ready(abortSignal: AbortSignal): Promise<void> {
    for (;;) {
      abortSignal.throwIfAborted()
      if (this.#state === 'closed') return
      if (this.#state === 'half_open') {
        await this.#probe?.promise
        continue
      }
      const { waitMs } = this
      if (waitMs > 0) {
        await this.#options.clock.sleep(waitMs, abortSignal)
      } else {
        this.#probe = Promise.withResolvers()
        this.#become('half_open')
        return
      }
    }
  }

  succeed(): void {
    this.#failures = 0
    if (this.#state !== 'closed') this.#become('closed')
    this.#endProbe()
  }

  fail(): void {
    this.#failures++
    if (this.#state === 'half_open' || (this.#state === 'closed' && this.#failures >= this.#options.threshold)) {
      this.#openUntil = this.#options.clock.monotonic() + this.#options.openMs
      this.#become('open')
    }
    this.#endProbe()
  }

  #become(state: CircuitState): void {
    if (this.#state === 'closed') this.#openSince = this.#options.clock.monotonic()
    this.#state = state
    this.#options.onChange(state)
  }

  #endProbe(): void {
    this.#probe?.resolve()
    this.#probe = undefined
  }
}
