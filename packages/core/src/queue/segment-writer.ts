import type { Buffer } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Segment } from './segment.ts'

/** The segment that is being written. */
export class SegmentWriter {
  readonly segment: Segment
  readonly #file: FileHandle

  private constructor(segment: Segment, file: FileHandle) {
    this.segment = segment
    this.#file = file
  }

  /** Makes the file, so that it is still there after a power cut if `isDurable`. */
  static async create(segment: Segment, isDurable: boolean): Promise<SegmentWriter> {
    const file = await open(segment.path, 'wx', 0o600)
    if (isDurable && process.platform !== 'win32') {
      const directory = await open(dirname(segment.path), 'r')
      await directory.sync().finally(() => directory.close())
    }
    return new SegmentWriter(segment, file)
  }

  /** Appends entries; after a failure the segment is as long as before, or must not be written any more. */
  async append(entries: readonly Buffer[]): Promise<void> {
    const { segment } = this
    const length = entries.reduce((sum, entry) => sum + entry.length, 0)
    const { bytesWritten } = await this.#file.writev([...entries], segment.size)
    if (bytesWritten !== length) throw new Error(`only ${bytesWritten} of ${length} bytes could be written`)
    segment.size += length
  }

  sync(): Promise<void> {
    return this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Cuts off what a failed write has left. */
  async cut(): Promise<void> {
    await this.#file.truncate(this.segment.size)
  }
}
