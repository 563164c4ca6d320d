import { setImmediate as turn } from 'node:timers/promises'
import { DiskQueue, type DiskQueueOptions, EntryMemory, encodeEntry, type Incoming, type Taken } from '@weir/disk-queue'
import { messageOf } from '@weir/sdk'
import type { Backlog } from '@weir/telemetry'
import { Channel, type Parcel } from '../channel/channel.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'

export interface DiskPassageOptions extends Omit<DiskQueueOptions, 'stopping'> {
  /** What comes in. */
  readonly entrance: Channel
  /**
   * What may wait in memory before anything goes to the disk: then batches go straight to the outlet, and only what does
   * not fit, and what comes after that, is written. Left out, everything is.
   */
  readonly memory?: { readonly maxRecords: number; readonly maxBytes: number }
  /** Whoever takes from the outlet leaves the batches as they are: then they can be handed on before they are written. */
  readonly readsOnly: boolean
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
 * order, and waits at the outlet. What leaves the outlet is removed from the disk when it is delivered. Where nothing
 * waits, the outlet has it before the disk does: what is delivered at once is never written. With `memory` only what does
 * not fit there takes this way.
 */
export class DiskPassage implements Backlog {
  readonly outlet: Channel
  readonly #options: DiskPassageOptions
  readonly #memory = new EntryMemory()
  readonly #leaving = new AbortController()
  #queue: DiskQueue | undefined
  /** What went straight to the outlet and is not done. */
  readonly #direct = { records: 0, bytes: 0 }
  /** Entries that were taken from the queue and have found room at the outlet. */
  #handed = 0
  #writing: Promise<void> = Promise.resolve()
  #reading: Promise<void> = Promise.resolve()

  constructor(options: DiskPassageOptions) {
    this.#options = options
    this.outlet = new Channel({ ...outletBounds, ...options.memory, onDrop: () => {} })
  }

  get records(): number {
    return (this.#queue?.records ?? 0) + this.#options.entrance.records + this.#direct.records
  }

  get bytes(): number {
    return (this.#queue?.bytes ?? 0) + this.#options.entrance.bytes + this.#direct.bytes
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
      if (this.#goesStraight(queue, first)) {
        await this.#passOn(first)
        continue
      }
      const incoming: Incoming[] = []
      let bytes = 0
      for (let next: Parcel | undefined = first; next !== undefined; ) {
        const one = this.#incoming(next)
        if (one !== undefined) {
          const isNext = incoming.every(({ taken }) => taken !== undefined)
          if (this.#options.readsOnly && isNext && this.#isOpen(queue, next))
            await this.#hand(queue, queue.takeEarly(one))
          incoming.push(one)
        }
        bytes += next.batch.byteLength
        next = bytes < groupBytes ? entrance.shift() : undefined
      }
      // For those who are done with it at once.
      if (incoming[0]?.taken !== undefined) await turn()
      await queue.append(incoming)
      onChange()
    }
  }

  /** Whether a batch need not be written. */
  #goesStraight(queue: DiskQueue, parcel: Parcel): boolean {
    return this.#options.memory !== undefined && this.#isOpen(queue, parcel)
  }

  /** Whether nothing is on the disk that comes before a batch, and there is room for it at the outlet. */
  #isOpen(queue: DiskQueue, { batch }: Parcel): boolean {
    return !queue.isWaiting && queue.takes === this.#handed && this.outlet.hasRoomFor(batch)
  }

  async #passOn(parcel: Parcel): Promise<void> {
    const { length: records, byteLength: bytes } = parcel.batch
    this.#direct.records += records
    this.#direct.bytes += bytes
    const delivery = new PendingDelivery(1)
    const end = () => {
      this.#direct.records -= records
      this.#direct.bytes -= bytes
      this.#options.onChange()
    }
    delivery.done.then(end, end)
    parcel.delivery.include(delivery)
    parcel.delivery.settle()
    await this.outlet.push({ batch: parcel.batch, delivery })
  }

  #incoming({ batch, delivery }: Parcel): Incoming | undefined {
    const { clock, logger } = this.#options
    const time = clock.now()
    try {
      const entry = encodeEntry(batch, time, this.#memory.take)
      return {
        entry,
        records: batch.length,
        time,
        settle: () => delivery.settle(),
        fail: (reason) => delivery.fail(reason),
        release: () => this.#memory.give(entry.bytes),
      }
    } catch (error) {
      logger.error({ error: messageOf(error), records: batch.length }, 'a batch cannot be written to the queue')
      delivery.fail(error)
      return undefined
    }
  }

  async #read(queue: DiskQueue): Promise<void> {
    const { clock, logger } = this.#options
    const { signal } = this.#leaving
    while (!signal.aborted) {
      try {
        const taken = await queue.take()
        if (taken === undefined) break
        await this.#hand(queue, taken)
        this.#handed++
      } catch (error) {
        logger.error({ error: messageOf(error), retry_in_ms: retryMs }, 'the queue cannot be read, trying again')
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
    this.outlet.close()
  }

  async #hand(queue: DiskQueue, taken: Taken): Promise<void> {
    const delivery = new PendingDelivery(1)
    const done = () => {
      queue.done(taken)
      this.#options.onChange()
    }
    delivery.done.then(done, () => queue.failed(taken))
    await this.outlet.push({ batch: taken.batch, delivery })
  }
}
