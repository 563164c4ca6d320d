import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@weir/sdk'
import { Change } from './change.ts'
import { Cursor, type Place } from './cursor.ts'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import type { Incoming } from './incoming.ts'
import { QueueReader } from './queue-reader.ts'
import { fileStorage } from './queue-storage.ts'
import { QueueWriter } from './queue-writer.ts'
import type { Segment } from './segment.ts'
import { SegmentRow } from './segment-row.ts'
import { type Taken, TakenEntries } from './taken-entries.ts'
import { WrittenEntries } from './written-entry.ts'

/**
 * A queue in files: entries are appended to the last segment and taken from the first, in order. What was taken is
 * exported again after a crash unless it was done. One appends at a time, and one takes at a time.
 */
export class DiskQueue {
  readonly #options: DiskQueueOptions
  readonly #cursor: Cursor
  readonly #row: SegmentRow
  readonly #written = new WrittenEntries()
  readonly #writer: QueueWriter
  readonly #reader: QueueReader
  readonly #taken = new TakenEntries()
  readonly #change = new Change()
  /** Entries that were taken, ever. */
  takes = 0
  #isTaking = false
  #isFinished = false
  #isClosed = false
  #blockedMs = 0
  #blockedSince: number | undefined

  private constructor(options: DiskQueueOptions, cursor: Cursor, row: SegmentRow) {
    this.#options = options
    this.#cursor = cursor
    this.#row = row
    const onSegmentEnd = () => {
      this.#removeDone()
      this.#change.tell()
    }
    this.#writer = new QueueWriter({ ...options, onSegmentEnd }, row, this.#written)
    this.#reader = new QueueReader(options, row, this.#written)
    options.stopping.addEventListener('abort', () => this.#change.tell(), { once: true })
  }

  /** Opens the queue of a directory with what a former run has left in it. */
  static async open(options: DiskQueueOptions): Promise<DiskQueue> {
    const { directory, logger, clock, storage = fileStorage } = options
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const onError = (error: unknown) =>
      logger.warn({ error: messageOf(error) }, 'the position in the queue could not be written')
    const { cursor, place } = await Cursor.open({ path: join(directory, 'cursor'), storage, clock, onError })
    const queue = new DiskQueue(options, cursor, new SegmentRow(options, storage))
    await queue.#adopt(place ?? { segment: 0, offset: 0 })
    return queue
  }

  /** Records that are not done. */
  get records(): number {
    return this.#row.records + this.#taken.records
  }

  /** Bytes of the entries that are not done. */
  get bytes(): number {
    return this.#row.bytes + this.#taken.bytes
  }

  /** Whether something is written that nobody has taken, or is being taken. */
  get isWaiting(): boolean {
    return this.#isTaking || this.#reader.hasNext
  }

  /** Bytes of the files. */
  get fileBytes(): number {
    return this.#row.fileBytes
  }

  /** When the oldest entry that is not done was written, Unix epoch in milliseconds; `undefined` if none waits. */
  get oldestTime(): number | undefined {
    return this.#taken.oldestTime ?? this.#reader.oldestTime
  }

  /** How long, all in all, writing has had to wait for room, milliseconds. */
  get blockedMs(): number {
    const since = this.#blockedSince
    return this.#blockedMs + (since === undefined ? 0 : this.#options.clock.monotonic() - since)
  }

  /**
   * Writes entries. Resolves when all are written; each is acknowledged as the fsync policy says, or fails if there is
   * no room, or no writing, until all must stop. What was taken before and is done is not written any more; what could
   * not be written fails only if it is not exported, either.
   */
  async append(incoming: readonly Incoming[]): Promise<void> {
    let left = incoming
    try {
      for (;;) {
        left = left.filter(({ taken }) => taken?.isDone !== true)
        const [first] = left
        if (first === undefined) return
        const run = this.#run(left)
        if (run.length === 0) {
          await this.#room(first)
          continue
        }
        for (const { taken } of run) if (taken !== undefined) taken.isBeingWritten = true
        await this.#writer.write(run, (segment, offset, one) => this.#onWritten(segment, offset, one))
        this.#change.tell()
        left = left.slice(run.length)
      }
    } catch (error) {
      for (const one of left) {
        if (one.taken === undefined) one.fail(error)
        else this.#taken.givenUp(one.taken, () => one.fail(error))
      }
    }
  }

  /**
   * Takes an entry that is to be appended next, before it is written: if it is done by then, it need not be. Only when
   * nothing waits that was appended before, and whoever takes it leaves the batch as it is.
   */
  takeEarly(one: Incoming): Taken {
    const { entry, records, time } = one
    one.taken = {
      ...{ batch: entry.batch(), records, bytes: entry.bytes.length, time },
      ...{ place: undefined, isDone: false, hasFailed: false, isBeingWritten: false },
      ...{ settle: () => one.settle(), release: () => one.release() },
    }
    this.#taken.add(one.taken)
    return one.taken
  }

  /** The next entry, when there is one; `undefined` once the queue is finished and empty, or closed. */
  async take(): Promise<Taken | undefined> {
    while (!this.#isClosed) {
      if (this.#reader.hasNext) {
        const taken = await this.#takeNext()
        this.#removeDone()
        if (taken !== undefined) return taken
      } else if (this.#isFinished) {
        return undefined
      } else {
        await this.#change.next
      }
    }
    return undefined
  }

  /** Says that an entry need not be kept any more. */
  done(taken: Taken): void {
    if (taken.place !== undefined) this.#written.done(taken.place.segment, taken.place.end)
    this.#pass(this.#taken.done(taken))
  }

  /** Says that an entry was not exported, and is not in this run: it stays on the disk, if it is there. */
  failed(taken: Taken): void {
    this.#taken.failed(taken)
  }

  /** Nothing more will be appended: `take` ends after the last entry. */
  finish(): void {
    this.#isFinished = true
    this.#change.tell()
  }

  /** Acknowledges what is written, and leaves what waits for the next run. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#reader.close()
    this.#row.leave()
    this.#change.tell()
    await this.#writer.close()
    await this.#cursor.close()
    await this.#row.close()
  }

  async #adopt(place: Place): Promise<void> {
    this.#reader.begin(await this.#row.adopt(place))
    const { records, bytes } = this
    if (records > 0) this.#options.logger.info({ records, bytes }, 'the queue goes on with what a former run has left')
  }

  async #takeNext(): Promise<Taken | undefined> {
    this.#isTaking = true
    try {
      const taken = await this.#reader.take()
      if (taken === undefined) return undefined
      this.#taken.add(taken)
      this.takes++
      return taken
    } finally {
      this.#isTaking = false
    }
  }

  #onWritten(segment: Segment, offset: number, one: Incoming): void {
    if (one.taken === undefined) {
      this.#reader.add(segment, offset, one)
    } else {
      const end = offset + one.entry.bytes.length
      this.#reader.pass(segment, end)
      this.#pass(this.#taken.written(one.taken, segment, end))
    }
  }

  /** All before a place is done. */
  #pass(place: Place | undefined): void {
    if (place !== undefined && !this.#isClosed) this.#cursor.move(place)
    this.#removeDone()
    this.#change.tell()
  }

  /** What can be written at once: what there is room for, and goes into one segment. */
  #run(incoming: readonly Incoming[]): Incoming[] {
    const { isEmpty, segmentBytes } = this.#row
    const run: Incoming[] = []
    let bytes = 0
    for (const one of incoming) {
      bytes += one.entry.bytes.length
      const isFirst = run.length === 0
      if (!isFirst && (this.#writer.segment?.size ?? 0) + bytes > segmentBytes) break
      if (!this.#hasRoomFor(bytes) && !(isFirst && isEmpty)) break
      run.push(one)
    }
    return run
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#row.fileBytesWith(bytes, this.#writer.segment) <= this.#options.maxBytes
  }

  /**
   * Waits for room, or makes some, until the entry needs none. One that is larger than the queue is let in when nothing
   * else is there.
   */
  async #room({ entry, taken }: Incoming): Promise<void> {
    while (taken?.isDone !== true && !this.#hasRoomFor(entry.bytes.length) && !this.#row.isEmpty) {
      this.#options.stopping.throwIfAborted()
      const writing = this.#writer.segment
      if (this.#row.hasSpares) {
        await this.#row.clearSpares()
      } else if (this.#options.whenFull === 'drop_oldest') {
        await this.#dropOldest()
      } else if (writing !== undefined && writing.bytes === 0 && writing.taken === 0) {
        await this.#writer.endSegment()
      } else {
        this.#blockedSince ??= this.#options.clock.monotonic()
        await this.#change.next
      }
    }
    this.#blockedMs = this.blockedMs
    this.#blockedSince = undefined
  }

  /** Gives up the oldest segment: all of its entries but those that are being exported. */
  async #dropOldest(): Promise<void> {
    const { first: oldest } = this.#row
    if (oldest === undefined) return
    if (oldest === this.#writer.segment) await this.#writer.endSegment()
    if (oldest.isGone) return
    const { records } = oldest
    await this.#remove(oldest)
    this.#reader.dropped()
    if (records > 0) this.#options.onDrop(records)
  }

  /** Removes the segments of which nothing is left, from the first on. */
  #removeDone(): void {
    for (let { first } = this.#row; first !== undefined; first = this.#row.first) {
      const isUsed = first === this.#writer.segment || first.taken > 0 || first.bytes > 0
      if (isUsed || !this.#reader.isPast(first)) break
      void this.#remove(first)
    }
  }

  #remove(segment: Segment): Promise<void> {
    this.#written.dropped(segment)
    const removal = this.#row.remove(segment)
    this.#change.tell()
    return removal
  }
}
