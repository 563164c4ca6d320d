import { Buffer } from 'node:buffer'
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock, Logger } from '@weir/sdk'
import type { Backups } from './backups.ts'

const newline = 0x0a
/** How often it is asked whether the path still leads to the open file. */
const identityCheckMs = 1000

export interface RotatingFileOptions {
  path: string
  /** Empties the file when it is opened first. */
  truncate: boolean
  /** `always`: each batch is on the disk before it counts as written. */
  fsync: 'never' | 'interval' | 'always'
  /** Left out: the file is never rotated. */
  rotation?: { readonly maxBytes: number; readonly maxAgeMs: number; readonly backups: Backups }
  clock: Clock
  logger: Logger
}

interface OpenFile {
  readonly handle: FileHandle
  readonly inode: number
  readonly device: number
  /** Not a device or a pipe, which are only written to. */
  readonly isRegular: boolean
  /** Unix epoch in milliseconds. */
  readonly bornAt: number
}

/** Brings a new name to the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * A file that is appended to, whole batches of lines at a time, and set aside when it is large or old. A file that was
 * moved or deleted from outside is begun anew. Calls must not overlap.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  #file: OpenFile | undefined
  #size = 0
  #isFresh: boolean
  #isDirty = false
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(options: RotatingFileOptions) {
    this.#options = options
    this.#isFresh = !options.truncate
  }

  /** Opens the file if it is not open. A last line that a crash left unfinished is ended, so that the next stands alone. */
  async open(): Promise<void> {
    if (this.#file === undefined) this.#file = await this.#open()
  }

  /**
   * Appends lines. Resolves when the system has all of them; when it rejects, the file is as it was, except for what
   * went into a file that was rotated meanwhile.
   */
  async append(pieces: Iterable<Buffer>, abortSignal: AbortSignal): Promise<void> {
    await this.#reopenIfMoved()
    let file = this.#file ?? (await this.#open())
    this.#file = file
    let goodSize = this.#size
    try {
      for (const piece of pieces) {
        abortSignal.throwIfAborted()
        if (this.#mustRotate(file, piece.length)) {
          file = await this.#rotate(file)
          goodSize = this.#size
        }
        await this.#write(file, piece)
      }
      abortSignal.throwIfAborted()
      if (this.#options.fsync === 'always') await this.sync()
    } catch (error) {
      await this.#rollBack(goodSize)
      throw error
    }
  }

  /** Brings what was written to the disk. */
  async sync(): Promise<void> {
    if (!this.#isDirty || this.#file?.isRegular !== true) return
    this.#isDirty = false
    await this.#file.handle.datasync()
  }

  async close(): Promise<void> {
    const { handle } = this.#file ?? {}
    this.#file = undefined
    await handle?.close()
  }

  async #open(): Promise<OpenFile> {
    const { path, clock, logger, fsync } = this.#options
    await mkdir(dirname(path), { recursive: true })
    const known = await stat(path).catch(() => undefined)
    const handle = await open(path, known === undefined || known.isFile() ? 'a+' : 'a')
    try {
      if (!this.#isFresh && known?.isFile() === true) await handle.truncate(0)
      this.#isFresh = true
      const stats = await handle.stat()
      const { ino, dev, size, birthtimeMs } = stats
      const isRegular = stats.isFile()
      this.#size = size
      this.#checkedAt = clock.monotonic()
      const file = { handle, inode: ino, device: dev, isRegular, bornAt: size > 0 ? birthtimeMs : clock.now() }
      if (isRegular && size > 0 && (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== newline) {
        await this.#write(file, Buffer.of(newline))
        logger.warn({ path }, 'the last line was unfinished and has been ended')
      }
      if (known === undefined && fsync === 'always') await syncFolder(dirname(path))
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #write({ handle }: OpenFile, piece: Buffer): Promise<void> {
    this.#isDirty = true
    for (let from = 0; from < piece.length; ) {
      const { bytesWritten } = await handle.write(piece, from, piece.length - from)
      from += bytesWritten
      this.#size += bytesWritten
    }
  }

  #mustRotate({ isRegular, bornAt }: OpenFile, bytes: number): boolean {
    const { rotation, clock } = this.#options
    if (rotation === undefined || !isRegular || this.#size === 0) return false
    if (this.#size + bytes > rotation.maxBytes) return true
    return rotation.maxAgeMs > 0 && clock.now() - bornAt >= rotation.maxAgeMs
  }

  async #rotate(file: OpenFile): Promise<OpenFile> {
    const { path, rotation, fsync } = this.#options
    if (fsync !== 'never') await this.sync()
    if (rotation !== undefined) await rename(path, await rotation.backups.nextPath())
    this.#file = undefined
    await file.handle.close()
    this.#file = await this.#open()
    rotation?.backups.tidy()
    return this.#file
  }

  /** Takes back what a failed batch has written. The file is opened again for the next one, in whatever state it is. */
  async #rollBack(goodSize: number): Promise<void> {
    const { handle, isRegular } = this.#file ?? {}
    if (handle === undefined) return
    try {
      if (isRegular === true && (await handle.stat()).size > goodSize) await handle.truncate(goodSize)
    } catch {
      // Then a part of a line stays behind, which is ended when the file is opened again.
    }
    await this.close().catch(() => {})
  }

  async #reopenIfMoved(): Promise<void> {
    const { path, clock, logger } = this.#options
    const file = this.#file
    if (file === undefined || !file.isRegular || clock.monotonic() - this.#checkedAt < identityCheckMs) return
    this.#checkedAt = clock.monotonic()
    const found = await stat(path).catch(() => undefined)
    if (found?.ino === file.inode && found.dev === file.device) {
      this.#size = found.size
      return
    }
    logger.info({ path }, 'the file was moved or deleted, and is begun anew')
    await this.close()
  }
}
