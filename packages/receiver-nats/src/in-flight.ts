import type { JsMsg } from '@nats-io/jetstream'
import type { Clock, Timer } from '@weir/sdk'

/** Messages that have come and are neither delivered nor given back. The server hears that they are being worked on. */
export class InFlight {
  /** By their numbers in the stream, each as often as it was given out. */
  readonly #messages = new Map<number, JsMsg[]>()
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

  /** False if it is there already: a server may give it out again all the same. */
  add(message: JsMsg): boolean {
    const known = this.#messages.get(message.seq)
    known?.push(message)
    if (known !== undefined) return false
    this.#messages.set(message.seq, [message])
    this.#timer ??= this.#clock.every(this.#everyMs, () => {
      for (const [one] of this.#messages.values()) one?.working()
    })
    return true
  }

  /** It leaves: as often as it was given out; not at all if it had left already. */
  take({ seq }: JsMsg): JsMsg[] {
    const taken = this.#messages.get(seq) ?? []
    this.#messages.delete(seq)
    if (this.#messages.size === 0) this.#stop()
    return taken
  }

  /** All of them leave. */
  takeAll(): JsMsg[] {
    const all = [...this.#messages.values()].flat()
    this.#messages.clear()
    this.#stop()
    return all
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
