import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, type LogBatch, type Logger, messageOf } from '@weir/sdk'
import { type Acknowledgement, Acknowledgements, type FsyncPolicy } from './acknowledgements.ts'
import { Cursor, type Place } from './cursor.ts'
import { decodeEntry, type Entry, type EntryHead, readHead } from './entry.ts'
import { fileStorage, type QueueStorage } from './queue-storage.ts'
import { Segment, type SegmentRead, segmentNumber } from './segment.ts'
import { SegmentWriter } from './segment-writer.ts'
import { isSpare, SpareFiles } from './spare-files.ts'
import { WrittenEntries } from './written-entry.ts'

export interface DiskQueueOptions {
  readonly directory: string
  /** Bytes of files. */
  readonly maxBytes: number
  readonly whenFull: 'block' | 'drop_oldest'
  readonly fsync: FsyncPolicy
  readonly fsyncMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Aborts when a write that keeps failing must not be tried any longer. */
  readonly stopping: AbortSignal
  /** The file system; the real one if left out. */
  readonly storage?: QueueStorage
  onDrop(records: number): void
  onDamage(): void
}

/** A batch on its way to the disk. */
export interface Incoming extends Acknowledgement {
  readonly entry: Entry
  readonly records: number
  readonly time: number
  /** Told when nobody looks at the entry any more. */
  release(): void
}

/** An entry that was taken: it stays on the disk until it is done. */
export interface Taken {
  readonly batch: LogBatch
  readonly segment: Segment
  readonly end: number
  readonly records: number
  readonly bytes: number
  readonly time: number
  isDone: boolean
  /** Told when nobody looks at its memory any more. */
  readonly release: (() => void) | undefined
}

/** An entry that is still in memory. */
interface RecentRead {
  readonly head: EntryHead
  readonly batch: LogBatch
  release(): void
}

const largestSegment = 16 << 20
const smallestSegment = 64 << 10
/** Bytes that may wait for an fsync before writing waits for it, too. */
const maxUnsynced = 16 << 20
const retryMs = 1000
/** In the name of a file that was set aside because of its format. */
const foreignMark = '.version-'
/** Bytes of entries that are kept in memory beside the disk, so that an exporter that keeps up need not read. */
const maxRecent = 8 << 20

/**
 * A queue in files: entries are appended to the last segment and taken from the first, in order. What was taken is
 * exported again after a crash unless it was done. One appends at a time, and one takes at a time.
 */
export class DiskQueue {
  readonly #options: DiskQueueOptions
  readonly #acknowledgements: Acknowledgements
  readonly #written = new WrittenEntries()
  readonly #cursor: Cursor
  readonly #storage: QueueStorage
  readonly #segments: Segment[] = []
  readonly #spares: SpareFiles
  readonly #removals = new Set<Promise<void>>()
  readonly #segmentBytes: number
  #writer: SegmentWriter | undefined
  #lastNumber = 0
  /** Where the next entry is taken. */
  #place: { segment: Segment; offset: number } | undefined
  #taken: Taken[] = []
  /** Written and not taken yet, the oldest first; not every entry is among them. */
  #recent: { readonly segment: Segment; readonly offset: number; readonly one: Incoming }[] = []
  #recentBytes = 0
  #oldestWaiting: number | undefined
  /** Entries that were taken, ever. */
  takes = 0
  #change = Promise.withResolvers<void>()
  #isFinished = false
  #isClosed = false
  /** An fsync of the last segment failed: it is written no further. */
  #isSuspect = false
  #blockedMs = 0
  #blockedSince: number | undefined

  private constructor(options: DiskQueueOptions, cursor: Cursor) {
    this.#options = options
    this.#storage = options.storage ?? fileStorage
    this.#spares = new SpareFiles(this.#storage, options.directory)
    this.#cursor = cursor
    this.#segmentBytes = Math.max(smallestSegment, Math.min(largestSegment, Math.floor(options.maxBytes / 8)))
    this.#acknowledgements = new Acknowledgements({
      policy: options.fsync,
      intervalMs: options.fsyncMs,
      clock: options.clock,
      sync: async () => this.#writer?.sync(),
      onError: (error) => {
        this.#isSuspect = true
        if (this.#writer !== undefined) this.#writer.segment.isSuspect = true
        options.logger.error(
          { error: messageOf(error) },
          'the queue could not be forced to the disk: what was to be covered is acknowledged when it has been exported',
        )
      },
    })
  }

  /** Opens the queue of a directory with what a former run has left in it. */
  static async open(options: DiskQueueOptions): Promise<DiskQueue> {
    const { directory, logger, clock, storage = fileStorage } = options
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const onError = (error: unknown) =>
      logger.warn({ error: messageOf(error) }, 'the position in the queue could not be written')
    const { cursor, place } = await Cursor.open({ path: join(directory, 'cursor'), storage, clock, onError })
    const queue = new DiskQueue(options, cursor)
    options.stopping.addEventListener('abort', () => queue.#changed(), { once: true })
    await queue.#adopt(place ?? { segment: 0, offset: 0 })
    return queue
  }

  /** Records that are not done. */
  get records(): number {
    const waiting = this.#segments.reduce((sum, segment) => sum + segment.records, 0)
    return this.#taken.reduce((sum, { records, isDone }) => sum + (isDone ? 0 : records), waiting)
  }

  /** Bytes of the entries that are not done. */
  get bytes(): number {
    const waiting = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
    return this.#taken.reduce((sum, { bytes, isDone }) => sum + (isDone ? 0 : bytes), waiting)
  }

  /** Whether something is written that nobody has taken. */
  get isWaiting(): boolean {
    return this.#segments.some(({ bytes }) => bytes > 0)
  }

  /** Bytes of the files. */
  get fileBytes(): number {
    return this.#segments.reduce((sum, { extent }) => sum + extent, this.#spares.bytes)
  }

  /** When the oldest entry that is not done was written, Unix epoch in milliseconds; `undefined` if none waits. */
  get oldestTime(): number | undefined {
    return this.#taken.find(({ isDone }) => !isDone)?.time ?? this.#oldestWaiting
  }

  /** How long, all in all, writing has had to wait for room. */
  get blockedMs(): number {
    const since = this.#blockedSince
    return this.#blockedMs + (since === undefined ? 0 : this.#options.clock.monotonic() - since)
  }

  /**
   * Writes entries. Resolves when all are written; each is acknowledged as the fsync policy says, or fails if there is
   * no room, or no writing, until all must stop.
   */
  async append(incoming: readonly Incoming[]): Promise<void> {
    let from = 0
    try {
      while (from < incoming.length) {
        const run = this.#run(incoming, from)
        if (run.length === 0) {
          await this.#room(incoming[from]?.entry.bytes.length ?? 0)
          continue
        }
        await this.#write(run)
        from += run.length
      }
    } catch (error) {
      for (const one of incoming.slice(from)) one.fail(error)
    }
  }

  /** What can be written at once: what there is room for, and goes into one segment. */
  #run(incoming: readonly Incoming[], from: number): Incoming[] {
    const isEmpty = this.#segments.length === 0
    const run: Incoming[] = []
    let bytes = 0
    for (let index = from; index < incoming.length; index++) {
      const one = incoming[index]
      if (one === undefined) break
      bytes += one.entry.bytes.length
      const isFirst = run.length === 0
      if (!isFirst && (this.#writer?.segment.size ?? 0) + bytes > this.#segmentBytes) break
      if (!this.#hasRoomFor(bytes) && !(isFirst && isEmpty)) break
      run.push(one)
    }
    return run
  }

  /** Whether the files, with so many bytes more written, are as large as they may be. */
  #hasRoomFor(bytes: number): boolean {
    const writing = this.#writer?.segment
    const { size, extent } =
      writing !== undefined && (writing.size === 0 || writing.size + bytes <= this.#segmentBytes)
        ? writing
        : { size: 0, extent: this.#spares.next?.bytes ?? 0 }
    return this.fileBytes + Math.max(0, size + bytes - extent) <= this.#options.maxBytes
  }

  /** The next entry, when there is one; `undefined` once the queue is finished and empty, or closed. */
  async take(): Promise<Taken | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined
      const place = this.#nextPlace()
      if (place !== undefined) {
        const taken = await this.#takeAt(place)
        if (taken !== undefined) return taken
      } else if (this.#isFinished) {
        return undefined
      } else {
        await this.#change.promise
      }
    }
  }

  /** Says that an entry need not be kept any more. */
  done(taken: Taken): void {
    taken.isDone = true
    this.#written.done(taken.segment, taken.end)
    taken.segment.taken--
    taken.release?.()
    const open = this.#taken.findIndex(({ isDone }) => !isDone)
    const done = this.#taken.splice(0, open < 0 ? this.#taken.length : open)
    const last = done.at(-1)
    if (last === undefined) return
    if (!this.#isClosed) this.#cursor.move({ segment: last.segment.number, offset: last.end })
    this.#removeDone()
  }

  /** Nothing more will be appended: `take` ends after the last entry. */
  finish(): void {
    this.#isFinished = true
    this.#changed()
  }

  /** Acknowledges what is written, and leaves what waits for the next run. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#changed()
    await this.#acknowledgements.flush()
    this.#written.close(new Error('the queue could not be forced to the disk'))
    await this.#writer?.close()
    await this.#cursor.close()
    for (const segment of this.#segments) await segment.close()
    const [only] = this.#segments
    if (this.#segments.length === 1 && only?.bytes === 0 && only.taken === 0) await this.#remove(only)
    await Promise.all(this.#removals)
    await this.#spares.clear()
  }

  async #adopt(place: Place): Promise<void> {
    const { directory, logger } = this.#options
    const files = readdirSync(directory, { withFileTypes: true })
    const names = files.filter((file) => file.isFile()).map(({ name }) => name)
    for (const name of names.filter(isSpare)) await this.#storage.unlink(join(directory, name))
    const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b)
    const aside = new Set(names.flatMap((name) => (name.includes(foreignMark) ? Number.parseInt(name, 10) : [])))
    this.#lastNumber = place.segment
    for (const number of numbers) {
      const segment = new Segment(this.#storage, directory, number)
      if (number >= place.segment && (await this.#setForeignAside(segment))) {
        aside.add(number)
        continue
      }
      const offset = number === place.segment ? place.offset : 0
      if (number >= place.segment) segment.scan(offset)
      if (number < place.segment || offset >= segment.size) {
        await this.#storage.unlink(segment.path)
        continue
      }
      const before = this.#segments.at(-1)?.number ?? number - 1
      this.#checkGap(before, number, aside)
      this.#lastNumber = number
      this.#segments.push(segment)
      this.#place ??= { segment, offset }
      this.#oldestWaiting ??= segment.firstTime
    }
    const { records, bytes } = this
    if (records > 0) logger.info({ records, bytes }, 'the queue goes on with what a former run has left')
  }

  /** Says so when files between two segments are gone that were not set aside. */
  #checkGap(before: number, after: number, aside: ReadonlySet<number>): void {
    const { logger, onDamage, directory } = this.#options
    let missing = 0
    for (let number = before + 1; number < after; number++) if (!aside.has(number)) missing++
    if (missing === 0) return
    logger.error({ directory, missing, before: after }, 'files are missing from the queue: what was in them is lost')
    onDamage()
  }

  /** A file of another version is kept for a Weir that understands it. */
  async #setForeignAside(segment: Segment): Promise<boolean> {
    const version = segment.foreignVersion()
    if (version === undefined) return false
    const { logger, onDamage } = this.#options
    const path = `${segment.path}${foreignMark}${version}`
    await this.#storage.rename(segment.path, path)
    logger.error(
      { path, version },
      'a file of the queue is of another version of Weir: it is set aside, and not exported',
    )
    onDamage()
    return true
  }

  async #write(run: readonly Incoming[]): Promise<void> {
    const { clock, logger, stopping, fsync } = this.#options
    const entries = run.map(({ entry }) => entry.bytes)
    const length = entries.reduce((sum, entry) => sum + entry.length, 0)
    if (this.#acknowledgements.bytes >= maxUnsynced) await this.#acknowledgements.flush()
    for (;;) {
      try {
        const size = this.#writer?.segment.size ?? 0
        if (this.#isSuspect || (size > 0 && size + length > this.#segmentBytes)) await this.#endSegment()
        this.#writer ??= await this.#beginSegment(fsync !== 'never')
        await this.#writer.append(entries)
        break
      } catch (error) {
        logger.error({ error: messageOf(error), retry_in_ms: retryMs }, 'the queue cannot be written, trying again')
        const isCut = await this.#writer?.cut().then(
          () => true,
          () => false,
        )
        // An empty file can be tried again: a new one each time would leave a row of them.
        if (!isCut || (this.#writer?.segment.size ?? 0) > 0) await this.#endSegment().catch(() => {})
        await clock.sleep(retryMs, stopping)
      }
    }
    const { segment } = this.#writer
    let offset = segment.size - length
    for (const one of run) {
      if (this.#recentBytes < maxRecent) {
        this.#recent.push({ segment, offset, one })
        this.#recentBytes += one.entry.bytes.length
      } else {
        one.release()
      }
      offset += one.entry.bytes.length
      segment.firstTime ??= one.time
      segment.records += one.records
      segment.bytes += one.entry.bytes.length
      this.#oldestWaiting ??= one.time
      const written = this.#written.add(segment, offset, one)
      // While an fsync of the file failed it was being written, and may be gone with what that was to cover.
      if (!this.#isSuspect) this.#acknowledgements.hold(written, one.entry.bytes.length)
    }
    this.#changed()
  }

  async #beginSegment(isDurable: boolean): Promise<SegmentWriter> {
    const segment = new Segment(this.#storage, this.#options.directory, this.#lastNumber + 1)
    const writer = await SegmentWriter.create(this.#storage, segment, isDurable, this.#spares.take()).catch((error) => {
      // What an attempt has left, and could not be removed.
      if (error.code === 'EEXIST') this.#lastNumber++
      throw error
    })
    this.#lastNumber++
    this.#segments.push(segment)
    return writer
  }

  async #endSegment(): Promise<void> {
    await this.#acknowledgements.flush()
    this.#isSuspect = false
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
    this.#removeDone()
  }

  /** Waits for room, or makes some. An entry that is larger than the queue is let in when nothing else is there. */
  async #room(bytes: number): Promise<void> {
    while (!this.#hasRoomFor(bytes) && this.#segments.length > 0) {
      this.#options.stopping.throwIfAborted()
      if (this.#spares.bytes > 0) {
        await Promise.all(this.#removals)
        await this.#spares.clear()
        continue
      }
      if (this.#options.whenFull === 'drop_oldest') {
        await this.#dropOldest()
        continue
      }
      const writing = this.#writer?.segment
      if (writing !== undefined && writing.bytes === 0 && writing.taken === 0) {
        await this.#endSegment()
        continue
      }
      this.#blockedSince ??= this.#options.clock.monotonic()
      await this.#change.promise
    }
    this.#blockedMs = this.blockedMs
    this.#blockedSince = undefined
  }

  /** Gives up the oldest segment: all of its entries but those that are being exported. */
  async #dropOldest(): Promise<void> {
    const [oldest] = this.#segments
    if (oldest === undefined) return
    if (oldest === this.#writer?.segment) await this.#endSegment()
    if (oldest.isGone) return
    const { records } = oldest
    await this.#remove(oldest)
    this.#oldestWaiting = this.#segments.find(({ bytes }) => bytes > 0)?.firstTime
    if (records > 0) this.#options.onDrop(records)
  }

  #nextPlace(): { segment: Segment; offset: number } | undefined {
    const place = this.#place
    if (place !== undefined && !place.segment.isGone && place.offset < place.segment.size) return place
    const number = place?.segment.number ?? 0
    const segment = this.#segments.find((other) => other.number > number && other.size > 0)
    if (segment === undefined) return undefined
    if (place !== undefined) void place.segment.close()
    this.#place = { segment, offset: 0 }
    this.#removeDone()
    return this.#place
  }

  async #takeAt(place: { segment: Segment; offset: number }): Promise<Taken | undefined> {
    const { segment, offset } = place
    const read = this.#takeRecent(segment, offset) ?? (await this.#read(segment, offset))
    if (read === undefined || segment.isGone || this.#isClosed) return undefined
    if ('next' in read) {
      this.#skipDamage(place, read.next, read.head)
      return undefined
    }
    const { head } = read
    const batch = 'batch' in read ? read.batch : this.#decoded(read.entry)
    if (batch === undefined) {
      this.#skipDamage(place, offset + head.length, head)
      return undefined
    }
    place.offset += head.length
    segment.records -= head.records
    segment.bytes -= head.length
    segment.taken++
    this.takes++
    this.#oldestWaiting = this.#segments.some(({ bytes }) => bytes > 0) ? head.time : undefined
    const { records, time, length } = head
    const taken = {
      batch,
      segment,
      end: place.offset,
      records,
      bytes: length,
      time,
      isDone: false,
      release: 'release' in read ? read.release : undefined,
    }
    this.#taken.push(taken)
    return taken
  }

  /** What is at a place, if it is still in memory. */
  #takeRecent(segment: Segment, offset: number): RecentRead | undefined {
    for (;;) {
      const [first] = this.#recent
      if (first === undefined) return undefined
      const isPast = first.segment.isGone || first.segment.number < segment.number
      if (!isPast && (first.segment !== segment || first.offset > offset)) return undefined
      const { one } = first
      this.#recent.shift()
      this.#recentBytes -= one.entry.bytes.length
      const head = first.segment === segment && first.offset === offset ? readHead(one.entry.bytes) : undefined
      if (head !== undefined) return { head, batch: one.entry.batch(), release: () => one.release() }
      one.release()
    }
  }

  async #read(segment: Segment, offset: number): Promise<SegmentRead | undefined> {
    try {
      return await segment.read(offset)
    } catch (error) {
      if (segment.isGone || this.#isClosed) return undefined
      throw error
    }
  }

  #decoded(entry: Buffer): LogBatch | undefined {
    try {
      return decodeEntry(entry)
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, 'an entry of the queue cannot be read by this Weir')
      return undefined
    }
  }

  #skipDamage(place: { segment: Segment; offset: number }, next: number, head: EntryHead | undefined): void {
    const { segment, offset } = place
    const { logger, onDamage } = this.#options
    // Behind an entry that was cut off may stand what the file held before.
    const end = head === undefined ? next : Math.min(next, offset + head.length)
    const records = head?.records ?? 0
    try {
      const path = segment.setAside(offset, end)
      logger.warn({ path, bytes: end - offset }, 'a part of the queue is damaged or was cut off: it is set aside')
    } catch (error) {
      logger.warn({ error: messageOf(error), bytes: next - offset }, 'a part of the queue is damaged and skipped')
    }
    onDamage()
    this.#written.lost(segment, offset, next, new Error('a part of the queue is damaged'))
    place.offset = next
    segment.records = next >= segment.size ? 0 : Math.max(0, segment.records - records)
    segment.bytes = next >= segment.size ? 0 : Math.max(0, segment.bytes - (next - offset))
    this.#removeDone()
  }

  /** Removes the segments of which nothing is left, from the first on. */
  #removeDone(): void {
    for (let first = this.#segments[0]; first !== undefined; first = this.#segments[0]) {
      const { segment, offset } = this.#place ?? { segment: first, offset: 0 }
      const isRead = first.number < segment.number || (first === segment && offset >= first.size)
      if (first === this.#writer?.segment || first.taken > 0 || first.bytes > 0 || !isRead) break
      void this.#remove(first)
    }
    this.#changed()
  }

  #remove(segment: Segment): Promise<void> {
    segment.isGone = true
    this.#written.dropped(segment)
    const index = this.#segments.indexOf(segment)
    if (index >= 0) this.#segments.splice(index, 1)
    const removal = this.#removeFile(segment).finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
    this.#changed()
    return removal
  }

  async #removeFile(segment: Segment): Promise<void> {
    const isKept = !this.#isClosed && !segment.isSuspect && segment.extent * 2 > this.#segmentBytes
    try {
      if (isKept && this.#spares.hasRoom) await this.#spares.keep(segment)
      else await this.#storage.unlink(segment.path)
      await segment.close()
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error), path: segment.path }, 'a file of the queue stays behind')
    }
  }

  #changed(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }
}
