import { Buffer } from 'node:buffer'
import { dirname } from 'node:path'
import { headBytes, sealEntry } from './entry.ts'
import type { QueueFile, QueueStorage } from './queue-storage.ts'
import type { Segment } from './segment.ts'

/** Stands where the next entry will, as long as something of an older segment follows. */
const end = Buffer.alloc(headBytes)

/** The segment that is being written. */
export class SegmentWriter {
  readonly segment: Segment
  readonly #file: QueueFile

  private constructor(segment: Segment, file: QueueFile) {
    this.segment = segment
    this.#file = file
  }

  /**
   * Makes the file, so that it is still there after a power cut if `isDurable`.
   * @param spare a file to write over: its blocks are there already, so that an fsync takes half the time
   */
  static async create(
    storage: QueueStorage,
    segment: Segment,
    isDurable: boolean,
    spare?: { readonly path: string; readonly bytes: number },
  ): Promise<SegmentWriter> {
    if (spare !== undefined) {
      await storage.rename(spare.path, segment.path)
      segment.extent = spare.bytes
    }
    let file: QueueFile | undefined
    try {
      file = await storage.open(segment.path, spare === undefined ? 'wx' : 'r+')
      if (isDurable) await storage.syncDirectory(dirname(segment.path))
      return new SegmentWriter(segment, file)
    } catch (error) {
      await file?.close()
      if (file !== undefined || spare !== undefined) await storage.unlink(segment.path).catch(() => {})
      throw error
    }
  }

  /** Writes entries at the end of the segment, which is to grow by them; after a failure it can be cut, or is written no more. */
  async append(entries: readonly Buffer[]): Promise<void> {
    const { segment } = this
    for (const entry of entries) sealEntry(entry, segment.number)
    const length = entries.reduce((sum, entry) => sum + entry.length, 0)
    const rest = Math.max(0, Math.min(headBytes, segment.extent - segment.size - length))
    const buffers = rest === 0 ? [...entries] : [...entries, end.subarray(0, rest)]
    let { bytesWritten } = await this.#file.writev(buffers, segment.size)
    // A full disk takes what fits, and says that it is full to who tries the rest.
    while (bytesWritten < length + rest) {
      const left = Buffer.concat(buffers).subarray(bytesWritten)
      bytesWritten += (await this.#file.write(left, 0, left.length, segment.size + bytesWritten)).bytesWritten
    }
  }

  sync(): Promise<void> {
    return this.#file.datasync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Cuts off what a failed write has left. */
  async cut(): Promise<void> {
    const { segment } = this
    await this.#file.truncate(segment.size)
    segment.extent = segment.size
  }
}
