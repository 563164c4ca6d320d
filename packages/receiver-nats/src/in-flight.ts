import type { JsMsg } from '@nats-io/jetstream'
import type { Clock, Timer } from '@weir/sdk'

/** Messages that have come and are neither delivered nor given back. The server hears that they are being worked on. */
export class InFlight {
  readonly #messages = new Set<JsMsg>()
  readonly #clock: Clock
  readonly #everyMs: number
  #timer: Timer | undefined

  /** @param ackWaitMs after which time without a word the server gives a message to someone else */
  constructor(clock: Clock, ackWaitMs: number) {
    this.#clock = clock
    this.#everyMs = Math.max(1, Math.floor(ackWaitMs / 3))
  }

  get size(): number {
    return this.#messages.size
  }

  add(message: JsMsg): void {
    this.#messages.add(message)
    this.#timer ??= this.#clock.every(this.#everyMs, () => {
      for (const one of this.#messages) one.working()
    })
  }

  /** False if it had left already. */
  delete(message: JsMsg): boolean {
    const isThere = this.#messages.delete(message)
    if (this.#messages.size === 0) this.#stop()
    return isThere
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
