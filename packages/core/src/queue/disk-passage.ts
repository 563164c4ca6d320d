import { messageOf } from '@weir/sdk'
import { Channel, type Parcel } from '../channel/channel.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { Backlog } from './backlog.ts'
import { DiskQueue, type DiskQueueOptions, type Incoming } from './disk-queue.ts'
import { encodeEntry } from './entry.ts'
import { EntryMemory } from './entry-memory.ts'

export interface DiskPassageOptions extends Omit<DiskQueueOptions, 'stopping'> {
  /** What comes in. */
  readonly entrance: Channel
  /** Something was written or is done. */
  onChange(): void
}

/** Bytes of batches that are written with one call. */
const groupBytes = 1 << 20
/** What was read and waits to be exported. */
const outletBounds = { maxRecords: 8192, maxBytes: 2 << 20, policy: 'block' } as const
const retryMs = 1000

/**
 * The way over the disk: what comes in at the entrance is written and acknowledged; what is written is read again, in
 * order, and waits at the outlet. What leaves the outlet is removed from the disk when it is delivered.
 */
export class DiskPassage implements Backlog {
  readonly outlet: Channel
  readonly #options: DiskPassageOptions
  readonly #memory = new EntryMemory()
  readonly #leaving = new AbortController()
  #queue: DiskQueue | undefined
  #writing: Promise<void> = Promise.resolve()
  #reading: Promise<void> = Promise.resolve()

  constructor(options: DiskPassageOptions) {
    this.#options = options
    this.outlet = new Channel({ ...outletBounds, onDrop: () => {} })
  }

  get records(): number {
    return (this.#queue?.records ?? 0) + this.#options.entrance.records
  }

  get bytes(): number {
    return (this.#queue?.bytes ?? 0) + this.#options.entrance.bytes
  }

  get bounds(): Backlog['bounds'] {
    return { records: Number.MAX_SAFE_INTEGER, bytes: this.#options.maxBytes }
  }

  get blockedMs(): number {
    return this.#options.entrance.blockedMs
  }

  get oldestTime(): number | undefined {
    return this.#queue?.oldestTime
  }

  async start(): Promise<void> {
    const queue = await DiskQueue.open({ ...this.#options, stopping: this.#leaving.signal })
    this.#queue = queue
    this.#writing = this.#write(queue)
    this.#reading = this.#read(queue)
  }

  /** What has come in is written, and all that is written goes out. */
  async drain(): Promise<void> {
    await this.#writing
    this.#queue?.finish()
    await this.#reading
  }

  /** What waits stays on the disk. What has come in is written if that is possible at once. */
  leave(reason: unknown): void {
    this.#leaving.abort(reason)
    this.outlet.abort(reason)
  }

  /** Call when nothing that came from the outlet is under way any more. */
  async close(): Promise<void> {
    await this.#writing
    await this.#queue?.close()
    await this.#reading
  }

  async #write(queue: DiskQueue): Promise<void> {
    const { entrance, onChange } = this.#options
    for (;;) {
      const first = await entrance.take()
      if (first === undefined) return
      const incoming = this.#incoming(first)
      for (let bytes = first.batch.byteLength; bytes < groupBytes; ) {
        const next = entrance.shift()
        if (next === undefined) break
        incoming.push(...this.#incoming(next))
        bytes += next.batch.byteLength
      }
      await queue.append(incoming)
      onChange()
    }
  }

  #incoming({ batch, delivery }: Parcel): Incoming[] {
    const { clock, logger } = this.#options
    const time = clock.now()
    try {
      const entry = encodeEntry(batch, time, this.#memory.take)
      return [
        {
          entry,
          records: batch.length,
          time,
          settle: () => delivery.settle(),
          fail: (reason) => delivery.fail(reason),
          release: () => this.#memory.give(entry),
        },
      ]
    } catch (error) {
      logger.error({ error: messageOf(error), records: batch.length }, 'a batch cannot be written to the queue')
      delivery.fail(error)
      return []
    }
  }

  async #read(queue: DiskQueue): Promise<void> {
    const { clock, logger, onChange } = this.#options
    const { signal } = this.#leaving
    while (!signal.aborted) {
      try {
        const taken = await queue.take()
        if (taken === undefined) break
        const delivery = new PendingDelivery(1)
        const done = () => {
          queue.done(taken)
          onChange()
        }
        delivery.done.then(done, () => {})
        await this.outlet.push({ batch: taken.batch, delivery })
      } catch (error) {
        logger.error({ error: messageOf(error), retry_in_ms: retryMs }, 'the queue cannot be read, trying again')
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
    this.outlet.close()
  }
}
