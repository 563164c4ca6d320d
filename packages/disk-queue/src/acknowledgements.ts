import type { Clock, Timer } from '@weir/sdk'

export type FsyncPolicy = 'always' | 'interval' | 'never'

/** Told when what was written is as durable as the policy says, or that it may never be. */
export interface Acknowledgement {
  settle(): void
  fail(reason: unknown): void
}

export interface AcknowledgementsOptions {
  readonly policy: FsyncPolicy
  readonly intervalMs: number
  readonly clock: Clock
  /** Forces to the disk what was written so far. */
  sync(): Promise<void>
  onError(error: unknown): void
}

/** Bytes after which an fsync does not wait for its time: acknowledgements free the memory of the sources. */
const enoughBytes = 1 << 20

/** Holds acknowledgements back until an fsync has covered them; one fsync covers all that was written before it began. */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions
  #held: Acknowledgement[] = []
  #bytes = 0
  #timer: Timer | undefined
  #syncing: Promise<void> | undefined

  constructor(options: AcknowledgementsOptions) {
    this.#options = options
  }

  /** Bytes that no fsync has covered. */
  get bytes(): number {
    return this.#bytes
  }

  /** Something was written. */
  hold(acknowledgement: Acknowledgement, bytes: number): void {
    if (this.#options.policy === 'never') {
      acknowledgement.settle()
    } else {
      this.#held.push(acknowledgement)
      this.#bytes += bytes
      this.#schedule()
    }
  }

  /** Resolves when nothing is held back any more. */
  async flush(): Promise<void> {
    while (this.#held.length > 0 || this.#syncing !== undefined) await this.#sync()
  }

  #schedule(): void {
    const { policy, clock, intervalMs } = this.#options
    if (this.#held.length === 0 || this.#syncing !== undefined) return
    if (policy === 'always' || this.#bytes >= enoughBytes) void this.#sync()
    else this.#timer ??= clock.after(intervalMs, () => void this.#sync())
  }

  #sync(): Promise<void> {
    this.#syncing ??= this.#syncOnce().finally(() => {
      this.#syncing = undefined
      this.#schedule()
    })
    return this.#syncing
  }

  async #syncOnce(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const held = this.#held
    this.#held = []
    this.#bytes = 0
    try {
      await this.#options.sync()
      for (const acknowledgement of held) acknowledgement.settle()
    } catch (error) {
      // All that was written so far may be gone from memory, too: a second fsync would succeed without it.
      const lost = [...held, ...this.#held]
      this.#held = []
      this.#bytes = 0
      this.#options.onError(error)
      for (const acknowledgement of lost) acknowledgement.fail(error)
    }
  }
}
