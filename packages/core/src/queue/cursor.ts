import { Buffer } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** A place in the queue: all before it has been exported. */
export interface Place {
  readonly segment: number
  readonly offset: number
}

const cursorBytes = 20

/**
 * Where the exports have come to, in a file that is written over. It may lag behind: then a few entries are exported
 * again. So it is written without waiting for the disk, the newest place as soon as the one before it is written.
 */
export class Cursor {
  readonly #file: FileHandle
  #next: Place | undefined
  #writing: Promise<void> | undefined
  readonly #onError: (error: unknown) => void

  private constructor(file: FileHandle, onError: (error: unknown) => void) {
    this.#file = file
    this.#onError = onError
  }

  /** @returns the cursor and the place that it had, if it had one */
  static async open(path: string, onError: (error: unknown) => void): Promise<{ cursor: Cursor; place?: Place }> {
    const place = existsSync(path) ? placeIn(readFileSync(path)) : undefined
    const file = await open(path, existsSync(path) ? 'r+' : 'w+', 0o600)
    const cursor = new Cursor(file, onError)
    return place === undefined ? { cursor } : { cursor, place }
  }

  move(place: Place): void {
    this.#next = place
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    for (let place = this.#next; place !== undefined; place = this.#next) {
      this.#next = undefined
      const bytes = Buffer.alloc(cursorBytes)
      bytes.writeDoubleLE(place.segment, 0)
      bytes.writeDoubleLE(place.offset, 8)
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16)
      try {
        await this.#file.write(bytes, 0, cursorBytes, 0)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}

function placeIn(bytes: Buffer): Place | undefined {
  if (bytes.length !== cursorBytes || bytes.readUInt32LE(16) !== crc32(bytes.subarray(0, 16))) return undefined
  return { segment: bytes.readDoubleLE(0), offset: bytes.readDoubleLE(8) }
}
