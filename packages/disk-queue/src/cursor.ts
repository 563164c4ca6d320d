import { Buffer } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Clock, Timer } from '@weir/sdk'
import type { QueueFile, QueueStorage } from './queue-storage.ts'

/** A place in the queue: all before it has been exported. */
export interface Place {
  readonly segment: number
  readonly offset: number
}

export interface CursorOptions {
  readonly path: string
  readonly storage: QueueStorage
  readonly clock: Clock
  onError(error: unknown): void
}

const cursorBytes = 20
/** A write each time would cost more than what a crash then exports again. */
const intervalMs = 20

/**
 * Where the exports have come to, in a file that is written over. It may lag behind: then a few entries are exported
 * again. So it is written now and then, and without waiting for the disk.
 */
export class Cursor {
  readonly #file: QueueFile
  readonly #options: CursorOptions
  #next: Place | undefined
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()
  /** It has been said that it cannot be written. */
  #isFailing = false

  private constructor(file: QueueFile, options: CursorOptions) {
    this.#file = file
    this.#options = options
  }

  /** @returns the cursor and the place that it had, if it had one */
  static async open(options: CursorOptions): Promise<{ cursor: Cursor; place?: Place }> {
    const { path, storage } = options
    const place = existsSync(path) ? placeIn(readFileSync(path)) : undefined
    const file = await storage.open(path, existsSync(path) ? 'r+' : 'w+')
    const cursor = new Cursor(file, options)
    return place === undefined ? { cursor } : { cursor, place }
  }

  move(place: Place): void {
    this.#next = place
    this.#timer ??= this.#options.clock.after(intervalMs, () => {
      this.#timer = undefined
      this.#write()
    })
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#write()
    await this.#writing
    await this.#file.close()
  }

  #write(): void {
    this.#writing = this.#writing.then(() => this.#writeNext())
  }

  async #writeNext(): Promise<void> {
    const place = this.#next
    if (place !== undefined) {
      this.#next = undefined
      const bytes = Buffer.alloc(cursorBytes)
      bytes.writeDoubleLE(place.segment, 0)
      bytes.writeDoubleLE(place.offset, 8)
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16)
      try {
        await this.#file.write(bytes, 0, cursorBytes, 0)
        this.#isFailing = false
      } catch (error) {
        if (!this.#isFailing) this.#options.onError(error)
        this.#isFailing = true
      }
    }
  }
}

function placeIn(bytes: Buffer): Place | undefined {
  if (bytes.length !== cursorBytes || bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16))) return undefined
  return { segment: bytes.readDoubleLE(0), offset: bytes.readDoubleLE(8) }
}
