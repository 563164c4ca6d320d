import type { Position } from './mark.ts'

interface Sent {
  readonly position: Position
  isDone: boolean
}

/**
 * Deliveries of one file in the order in which they were sent. A position is reached when its delivery and all before
 * it are done: an acknowledgement that comes early waits for the others.
 */
export class DeliveryQueue {
  #sent: Sent[] = []
  readonly #reached: (position: Position) => void
  readonly #refused: (error: unknown) => void

  constructor(reached: (position: Position) => void, refused: (error: unknown) => void) {
    this.#reached = reached
    this.#refused = refused
  }

  /** Deliveries that are not acknowledged, or wait for an earlier one. */
  get length(): number {
    return this.#sent.length
  }

  /** The last position that was sent, if it is not acknowledged. */
  get sent(): Position | undefined {
    return this.#sent.at(-1)?.position
  }

  /** What has been sent and is not acknowledged. */
  get positions(): Position[] {
    return this.#sent.map(({ position }) => position)
  }

  add(position: Position, done: Promise<void>): void {
    const queue = this.#sent
    const sent: Sent = { position, isDone: false }
    queue.push(sent)
    done.then(
      () => {
        sent.isDone = true
        if (queue === this.#sent) this.#advance()
      },
      (error: unknown) => {
        if (queue === this.#sent) this.#refused(error)
      },
    )
  }

  /** Forgets all of them: what they carried will be sent again. */
  clear(): void {
    this.#sent = []
  }

  #advance(): void {
    const count = this.#sent.findIndex((sent) => !sent.isDone)
    const done = this.#sent.splice(0, count < 0 ? this.#sent.length : count)
    const last = done.at(-1)
    if (last) this.#reached(last.position)
  }
}
