import { tooMuchPending } from './http-problem.ts'

/** The bytes of all bodies that are held at once. */
export class PendingBytes {
  readonly #max: number
  #held = 0

  constructor(max: number) {
    this.#max = max
  }

  /** A share in them, for one request. */
  share(): { reserve(bytes: number): void; release(): void } {
    let own = 0
    return {
      // One body always has room, however large it may be.
      reserve: (bytes) => {
        if (this.#held > own && this.#held + bytes > this.#max) throw tooMuchPending()
        this.#held += bytes
        own += bytes
      },
      release: () => {
        this.#held -= own
        own = 0
      },
    }
  }
}
