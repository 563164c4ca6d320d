import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@weir/sdk'
import type { Place } from './cursor.ts'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import type { QueueStorage } from './queue-storage.ts'
import { Segment, segmentNumber } from './segment.ts'
import { SegmentWriter } from './segment-writer.ts'
import { isSpare, SpareFiles } from './spare-files.ts'

const largestSegment = 16 << 20
const smallestSegment = 64 << 10
/** In the name of a file that was set aside because of its format. */
const foreignMark = '.version-'

/** The files of a queue, the oldest first, and those that are kept to be written over. */
export class SegmentRow {
  /** Bytes after which another segment begins. */
  readonly segmentBytes: number
  readonly #options: DiskQueueOptions
  readonly #storage: QueueStorage
  readonly #segments: Segment[] = []
  readonly #spares: SpareFiles
  readonly #removals = new Set<Promise<void>>()
  #lastNumber = 0
  #isLeft = false

  constructor(options: DiskQueueOptions, storage: QueueStorage) {
    this.#options = options
    this.#storage = storage
    this.#spares = new SpareFiles(storage, options.directory)
    this.segmentBytes = Math.max(smallestSegment, Math.min(largestSegment, Math.floor(options.maxBytes / 8)))
  }

  get first(): Segment | undefined {
    return this.#segments[0]
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  /** The first segment with entries behind the one of a number. */
  after(number: number): Segment | undefined {
    return this.#segments.find((segment) => segment.number > number && segment.size > 0)
  }

  /** Records that nobody has taken yet. */
  get records(): number {
    return this.#segments.reduce((sum, { records }) => sum + records, 0)
  }

  /** Bytes of the entries that nobody has taken yet. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** When the first entry was written of the first segment that has some which nobody has taken. */
  get oldestTime(): number | undefined {
    return this.#segments.find(({ bytes }) => bytes > 0)?.firstTime
  }

  /** Bytes of the files. */
  get fileBytes(): number {
    return this.#segments.reduce((sum, { extent }) => sum + extent, this.#spares.bytes)
  }

  /** Bytes of the files with so many more written, behind what stands in the segment that is being written. */
  fileBytesWith(bytes: number, writing: Segment | undefined): number {
    const { size, extent } =
      writing !== undefined && (writing.size === 0 || writing.size + bytes <= this.segmentBytes)
        ? writing
        : { size: 0, extent: this.#spares.next?.bytes ?? 0 }
    return this.fileBytes + Math.max(0, size + bytes - extent)
  }

  /** Takes over what a former run has left from a place on. Returns where the first entry stands. */
  async adopt(place: Place): Promise<{ segment: Segment; offset: number } | undefined> {
    const { directory } = this.#options
    const files = readdirSync(directory, { withFileTypes: true })
    const names = files.filter((file) => file.isFile()).map(({ name }) => name)
    for (const name of names.filter(isSpare)) await this.#storage.unlink(join(directory, name))
    const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b)
    const aside = new Set(names.flatMap((name) => (name.includes(foreignMark) ? Number.parseInt(name, 10) : [])))
    let first: { segment: Segment; offset: number } | undefined
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
      this.#checkGap(this.#segments.at(-1)?.number ?? number - 1, number, aside)
      this.#lastNumber = number
      this.#segments.push(segment)
      first ??= { segment, offset }
    }
    return first
  }

  /** Begins a segment that goes behind the others once it is added. */
  async begin(isDurable: boolean): Promise<SegmentWriter> {
    const segment = new Segment(this.#storage, this.#options.directory, this.#lastNumber + 1)
    const writer = await SegmentWriter.create(this.#storage, segment, isDurable, this.#spares.take()).catch((error) => {
      // What an attempt has left, and could not be removed.
      if (error.code === 'EEXIST') this.#lastNumber++
      throw error
    })
    this.#lastNumber++
    return writer
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
  }

  remove(segment: Segment): Promise<void> {
    segment.isGone = true
    const index = this.#segments.indexOf(segment)
    if (index >= 0) this.#segments.splice(index, 1)
    const removal = this.#removeFile(segment).finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
    return removal
  }

  /** Whether there are files that are kept to be written over. */
  get hasSpares(): boolean {
    return this.#spares.bytes > 0
  }

  async clearSpares(): Promise<void> {
    await Promise.all(this.#removals)
    await this.#spares.clear()
  }

  /** No file is kept to be written over from now on. */
  leave(): void {
    this.#isLeft = true
  }

  /** Closes the files; one in which nothing waits goes. */
  async close(): Promise<void> {
    this.leave()
    for (const segment of this.#segments) await segment.close()
    const [only] = this.#segments
    if (this.#segments.length === 1 && only?.bytes === 0 && only.taken === 0) await this.remove(only)
    await Promise.all(this.#removals)
    await this.#spares.clear()
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

  async #removeFile(segment: Segment): Promise<void> {
    const isKept = !this.#isLeft && !segment.isSuspect && segment.extent * 2 > this.segmentBytes
    try {
      if (isKept && this.#spares.hasRoom) await this.#spares.keep(segment)
      else await this.#storage.unlink(segment.path)
      await segment.close()
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error), path: segment.path }, 'a file of the queue stays behind')
    }
  }
}
