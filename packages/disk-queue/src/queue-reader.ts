import type { Buffer } from 'node:buffer'
import { type LogBatch, messageOf } from '@weir/sdk'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import { decodeEntry, type EntryHead } from './entry.ts'
import type { Incoming } from './incoming.ts'
import { RecentEntries } from './recent-entries.ts'
import type { Segment, SegmentRead } from './segment.ts'
import type { SegmentRow } from './segment-row.ts'
import type { Taken } from './taken-entries.ts'
import type { WrittenEntries } from './written-entry.ts'

interface ReadPlace {
  readonly segment: Segment
  offset: number
}

/** The end of a queue from which it is taken. */
export class QueueReader {
  readonly #options: DiskQueueOptions
  readonly #row: SegmentRow
  readonly #written: WrittenEntries
  readonly #recent = new RecentEntries()
  /** Where the next entry is taken. */
  #place: ReadPlace | undefined
  #oldestTime: number | undefined
  #isClosed = false

  constructor(options: DiskQueueOptions, row: SegmentRow, written: WrittenEntries) {
    this.#options = options
    this.#row = row
    this.#written = written
  }

  /** Begins at an entry that a former run has left. */
  begin(place: { segment: Segment; offset: number } | undefined): void {
    this.#place = place
    this.#oldestTime = place?.segment.firstTime
  }

  /** When the oldest entry that was not taken was written, as far as is known without reading it. */
  get oldestTime(): number | undefined {
    return this.#oldestTime
  }

  /** An entry was written. */
  add(segment: Segment, offset: number, one: Incoming): void {
    this.#recent.keep(segment, offset, one)
    this.#oldestTime ??= one.time
  }

  /** A segment was dropped. */
  dropped(): void {
    this.#oldestTime = this.#row.oldestTime
  }

  /** Whether all of a segment was taken, up to what is written of it now. */
  isPast(segment: Segment): boolean {
    const { segment: reading, offset } = this.#place ?? { segment, offset: 0 }
    return segment.number < reading.number || (segment === reading && offset >= segment.size)
  }

  /** Whether there is an entry to take, or a damaged part to skip. */
  get hasNext(): boolean {
    const place = this.#place
    if (place !== undefined && !place.segment.isGone && place.offset < place.segment.size) return true
    return this.#row.after(place?.segment.number ?? 0) !== undefined
  }

  /** The next entry. `undefined` if it was damaged and is skipped, or has gone meanwhile. */
  async take(): Promise<Taken | undefined> {
    const place = this.#next()
    if (place === undefined) return undefined
    const { segment, offset } = place
    const read = this.#recent.take(segment, offset) ?? (await this.#read(segment, offset))
    if (read === undefined || segment.isGone || this.#isClosed) return undefined
    if ('next' in read) {
      this.#skipDamage(place, read.next, read.head)
      return undefined
    }
    const { records, time, length } = read.head
    const batch = 'batch' in read ? read.batch : this.#decoded(read.entry)
    if (batch === undefined) {
      this.#skipDamage(place, offset + length, read.head)
      return undefined
    }
    place.offset += length
    segment.records -= records
    segment.bytes -= length
    this.#oldestTime = this.#row.bytes > 0 ? time : undefined
    const release = 'release' in read ? read.release : undefined
    const state = { place: { segment, end: place.offset }, isDone: false, hasFailed: false, isBeingWritten: false }
    return { batch, records, bytes: length, time, ...state, release }
  }

  /** What was written last was taken before: the next entry is behind it. */
  pass(segment: Segment, end: number): void {
    if (this.#place !== undefined && this.#place.segment !== segment) void this.#place.segment.close()
    this.#place = { segment, offset: end }
  }

  /** Nothing more is taken. */
  close(): void {
    this.#isClosed = true
  }

  #next(): ReadPlace | undefined {
    const place = this.#place
    if (place !== undefined && !place.segment.isGone && place.offset < place.segment.size) return place
    const segment = this.#row.after(place?.segment.number ?? 0)
    if (segment === undefined) return undefined
    if (place !== undefined) void place.segment.close()
    this.#place = { segment, offset: 0 }
    return this.#place
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

  #skipDamage(place: ReadPlace, next: number, head: EntryHead | undefined): void {
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
  }
}
