import type { Gauge, Meter } from '@weir/sdk'
import type { Compression } from './content.ts'
import { openContent } from './open-content.ts'
import type { Tail } from './tail.ts'

/** The open files of a receiver, `limit` at most: the one that was used longest ago makes room. */
export class OpenFiles {
  readonly #tails = new Set<Tail>()
  readonly #limit: number
  readonly #compression: Compression
  readonly #gauge: Gauge
  #opening = 0

  constructor(limit: number, compression: Compression, meter: Meter) {
    this.#limit = limit
    this.#compression = compression
    this.#gauge = meter.gauge('weir_receiver_file_open_files', { description: 'Files that are open', unit: '{file}' })
  }

  /** Room for one more file. */
  hasRoom(): boolean {
    return this.#tails.size + this.#opening < this.#limit
  }

  /** Keeps what is open in `tail.content`. */
  add(tail: Tail): void {
    this.#tails.add(tail)
    this.#gauge.record(this.#tails.size)
  }

  /**
   * Opens the file if it is not open.
   * @param isBusy whether a file is being read, so that it cannot be closed
   * @returns false if the path has another file by now
   * @throws what `open` throws
   */
  async open(tail: Tail, isBusy: (tail: Tail) => boolean): Promise<boolean> {
    if (tail.content) {
      this.#tails.delete(tail)
      this.#tails.add(tail)
      return true
    }
    if (!this.hasRoom()) {
      for (const other of this.#tails) {
        if (isBusy(other)) continue
        await this.close(other)
        break
      }
    }
    this.#opening++
    try {
      return await this.#open(tail)
    } finally {
      this.#opening--
    }
  }

  async #open(tail: Tail): Promise<boolean> {
    const content = await openContent(tail.path, this.#compression)
    const { inode } = await content.stat()
    if (inode !== tail.checkpoint.inode) {
      await content.close()
      return false
    }
    tail.content = content
    this.add(tail)
    return true
  }

  async close(tail: Tail): Promise<void> {
    const { content } = tail
    if (content === undefined) return
    tail.content = undefined
    this.#tails.delete(tail)
    this.#gauge.record(this.#tails.size)
    // What was read is not lost by a descriptor that fails to close.
    await content.close().catch(() => {})
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#tails].map((tail) => this.close(tail)))
  }
}
