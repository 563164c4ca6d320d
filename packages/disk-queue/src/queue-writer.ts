import type { Buffer } from 'node:buffer'
import { messageOf } from '@weir/sdk'
import { Acknowledgements } from './acknowledgements.ts'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import type { Incoming } from './incoming.ts'
import type { Segment } from './segment.ts'
import type { SegmentRow } from './segment-row.ts'
import type { SegmentWriter } from './segment-writer.ts'
import type { WrittenEntries } from './written-entry.ts'

/** Bytes that may wait for an fsync before writing waits for it, too. */
const maxUnsynced = 16 << 20
const retryMs = 1000

interface QueueWriterOptions extends DiskQueueOptions {
  /** A segment is written no further: it may go once nothing of it waits. */
  onSegmentEnd(): void
}

/** The end of a queue at which it is written. */
export class QueueWriter {
  readonly #options: QueueWriterOptions
  readonly #row: SegmentRow
  readonly #written: WrittenEntries
  readonly #acknowledgements: Acknowledgements
  #writer: SegmentWriter | undefined
  /** An fsync of the last segment failed: it is written no further. */
  #isSuspect = false

  constructor(options: QueueWriterOptions, row: SegmentRow, written: WrittenEntries) {
    this.#options = options
    this.#row = row
    this.#written = written
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

  /** The segment that is being written. */
  get segment(): Segment | undefined {
    return this.#writer?.segment
  }

  /**
   * Writes entries that go into one segment, and tries until that is done or all must stop. Each is acknowledged as the
   * policy says, unless it has been exported meanwhile. Calls `onWritten` for each with the place where it stands.
   */
  async write(
    run: readonly Incoming[],
    onWritten: (segment: Segment, offset: number, one: Incoming) => void,
  ): Promise<void> {
    const entries = run.map(({ entry }) => entry.bytes)
    const length = entries.reduce((sum, entry) => sum + entry.length, 0)
    if (this.#acknowledgements.bytes >= maxUnsynced) await this.#acknowledgements.flush()
    const segment = await this.#append(entries, length)
    let offset = segment.size
    // In one step with what follows: what was taken before must never look as if it waited to be taken.
    segment.grow(length)
    for (const one of run) {
      const { length: bytes } = one.entry.bytes
      onWritten(segment, offset, one)
      offset += bytes
      segment.firstTime ??= one.time
      if (one.taken === undefined) {
        segment.records += one.records
        segment.bytes += bytes
      } else if (one.taken.isDone) {
        continue
      }
      const written = this.#written.add(segment, offset, one)
      // While an fsync of the file failed it was being written, and may be gone with what that was to cover.
      if (!this.#isSuspect) this.#acknowledgements.hold(written, bytes)
    }
  }

  /** Writes no further in the segment. */
  async endSegment(): Promise<void> {
    await this.#acknowledgements.flush()
    this.#isSuspect = false
    const writer = this.#writer
    this.#writer = undefined
    await writer?.close()
    this.#options.onSegmentEnd()
  }

  /** Acknowledges what is written, or says that it will not be. */
  async close(): Promise<void> {
    await this.#acknowledgements.flush()
    this.#written.close(new Error('the queue could not be forced to the disk'))
    await this.#writer?.close()
  }

  async #append(entries: readonly Buffer[], length: number): Promise<Segment> {
    const { clock, logger, stopping, fsync } = this.#options
    for (;;) {
      try {
        const size = this.#writer?.segment.size ?? 0
        if (this.#isSuspect || (size > 0 && size + length > this.#row.segmentBytes)) await this.endSegment()
        if (this.#writer === undefined) {
          this.#writer = await this.#row.begin(fsync !== 'never')
          // In one step with that: a segment without entries that nobody writes would be removed.
          this.#row.add(this.#writer.segment)
        }
        await this.#writer.append(entries)
        return this.#writer.segment
      } catch (error) {
        logger.error({ error: messageOf(error), retry_in_ms: retryMs }, 'the queue cannot be written, trying again')
        const isCut = await this.#writer?.cut().then(
          () => true,
          () => false,
        )
        // An empty file can be tried again: a new one each time would leave a row of them.
        if (!isCut || (this.#writer?.segment.size ?? 0) > 0) await this.endSegment().catch(() => {})
        await clock.sleep(retryMs, stopping)
      }
    }
  }
}
