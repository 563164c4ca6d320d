import type { LogBatch } from '@weir/sdk'
import type { PendingDelivery } from './pending-delivery.ts'

/** A batch on its way, with the part of its delivery that this way is. */
export interface Parcel {
  readonly batch: LogBatch
  readonly delivery: PendingDelivery
}

export type OverflowPolicy = 'block' | 'drop_newest' | 'drop_oldest'

export interface ChannelOptions {
  maxRecords: number
  maxBytes: number
  policy: OverflowPolicy
  /** Told of every batch that the policy dropped; its delivery settles, since it was given up on purpose. */
  onDrop: (batch: LogBatch) => void
}

/** What one edge inside the collector holds: enough to keep both sides busy, little enough to stay in the cache. */
export const edgeDefaults = { maxRecords: 32_768, maxBytes: 8 * 2 ** 20, policy: 'block' } as const

/**
 * A bounded queue between two stages: several may push, one takes. A batch that alone exceeds the bounds is let in when
 * the queue is empty, so that nothing can get stuck.
 */
export class Channel {
  readonly #options: ChannelOptions
  readonly #parcels: Parcel[] = []
  #records = 0
  #bytes = 0
  #isClosed = false
  #readers: (() => void)[] = []
  readonly #writers: (() => void)[] = []
  #blockedMs = 0
  #blockedSince = 0

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  /** Batches waiting. */
  get size(): number {
    return this.#parcels.length
  }

  /** Records waiting. */
  get records(): number {
    return this.#records
  }

  get bytes(): number {
    return this.#bytes
  }

  get bounds(): { readonly records: number; readonly bytes: number } {
    return { records: this.#options.maxRecords, bytes: this.#options.maxBytes }
  }

  /** How long, all in all, someone has had to wait for room: the backpressure that comes from here. */
  get blockedMs(): number {
    return this.#blockedMs + (this.#writers.length > 0 ? performance.now() - this.#blockedSince : 0)
  }

  /** Resolves when the parcel is in the queue, or has been dropped. Order is kept among those who wait. */
  async push(parcel: Parcel): Promise<void> {
    while (!this.hasRoomFor(parcel.batch) && !this.#isClosed) {
      if (this.#options.policy === 'drop_newest') return this.#drop(parcel)
      if (this.#options.policy === 'drop_oldest') {
        const oldest = this.shift()
        if (oldest !== undefined) this.#drop(oldest)
      } else {
        await this.#room()
      }
    }
    if (this.#isClosed) return parcel.delivery.fail(new Error('the channel is closed'))
    this.#parcels.push(parcel)
    this.#records += parcel.batch.length
    this.#bytes += parcel.batch.byteLength
    this.#wakeReaders()
  }

  /** The next parcel, or `undefined` if there is none right now. */
  shift(): Parcel | undefined {
    const parcel = this.#parcels.shift()
    if (parcel === undefined) return undefined
    this.#records -= parcel.batch.length
    this.#bytes -= parcel.batch.byteLength
    this.#wakeWriter()
    return parcel
  }

  /** The next parcel, when there is one; `undefined` once the channel is closed and empty. */
  async take(): Promise<Parcel | undefined> {
    for (;;) {
      const parcel = this.shift()
      if (parcel !== undefined || this.#isClosed) return parcel
      await this.wait()
    }
  }

  /** Resolves when something has come, or the channel was closed; another who waits may have taken it by then. */
  wait(): Promise<void> {
    if (this.#parcels.length > 0 || this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#readers.push(resolve)
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Nothing more comes in; what is in can still be taken. */
  close(): void {
    this.#isClosed = true
    this.#wakeReaders()
    while (this.#writers.length > 0) this.#wakeWriter()
  }

  /** Closes, and rejects everything that waits. */
  abort(reason: unknown): void {
    this.close()
    for (let parcel = this.shift(); parcel !== undefined; parcel = this.shift()) parcel.delivery.fail(reason)
  }

  /** Whether a batch could be pushed right now. */
  hasRoomFor(batch: LogBatch): boolean {
    return (
      this.#parcels.length === 0 ||
      (this.#records + batch.length <= this.#options.maxRecords &&
        this.#bytes + batch.byteLength <= this.#options.maxBytes)
    )
  }

  #drop(parcel: Parcel): void {
    this.#options.onDrop(parcel.batch)
    parcel.delivery.settle()
  }

  #room(): Promise<void> {
    if (this.#writers.length === 0) this.#blockedSince = performance.now()
    return new Promise((resolve) => this.#writers.push(resolve))
  }

  #wakeWriter(): void {
    const wake = this.#writers.shift()
    if (wake === undefined) return
    if (this.#writers.length === 0) this.#blockedMs += performance.now() - this.#blockedSince
    wake()
  }

  #wakeReaders(): void {
    // All of them: one may have stopped waiting meanwhile, for something else.
    const readers = this.#readers
    this.#readers = []
    for (const wake of readers) wake()
  }
}
