import { Buffer } from 'node:buffer'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, type Logger, messageOf } from '@weir/sdk'

export interface DeadLetterFileOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
}

interface AppendOptions {
  /** What the file may be afterwards. */
  readonly maxBytes: number
  /** Aborts when a write that keeps failing must not be tried any longer. */
  readonly stopping: AbortSignal
}

const retryMs = 1000
const newline = 0x0a

/**
 * A file of dead letters, a line each. Appends are brought to the disk before they resolve, one after the other. It is
 * opened anew for each, so that it can be moved away at any time.
 */
export class DeadLetterFile {
  readonly #options: DeadLetterFileOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: DeadLetterFileOptions) {
    this.#options = options
  }

  /**
   * Appends lines, trying again for as long as they cannot be written.
   * @returns whether there was room
   */
  append(lines: string, options: AppendOptions): Promise<boolean> {
    const appended = this.#last.then(() => this.#appendUntilDone(Buffer.from(lines), options))
    this.#last = appended.catch(() => {})
    return appended
  }

  async #appendUntilDone(lines: Buffer, { maxBytes, stopping }: AppendOptions): Promise<boolean> {
    const { clock, logger, path } = this.#options
    for (;;) {
      stopping.throwIfAborted()
      try {
        return await this.#append(lines, maxBytes)
      } catch (error) {
        const details = { error: messageOf(error), path, retry_in_ms: retryMs }
        logger.error(details, 'dead letters cannot be written, trying again')
        await clock.sleep(retryMs, stopping)
      }
    }
  }

  async #append(lines: Buffer, maxBytes: number): Promise<boolean> {
    const { path } = this.#options
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      if (size + lines.length > maxBytes) return false
      // What a crash has cut off must not take the next line with it.
      const isCutOff = size > 0 && (await lastByte(file, size)) !== newline
      try {
        await file.appendFile(isCutOff ? Buffer.concat([Buffer.from('\n'), lines]) : lines)
        await file.datasync()
      } catch (error) {
        await file.truncate(size).catch(() => {})
        throw error
      }
      if (size === 0) await syncDirectory(dirname(path))
      return true
    } finally {
      await file.close()
    }
  }
}

/** The files of dead letters of a process: components that name the same one share it, over reloads, too. */
export class DeadLetterFiles {
  readonly #options: Omit<DeadLetterFileOptions, 'path'>
  readonly #files = new Map<string, DeadLetterFile>()

  constructor(options: Omit<DeadLetterFileOptions, 'path'>) {
    this.#options = options
  }

  of(path: string): DeadLetterFile {
    const file = this.#files.get(path) ?? new DeadLetterFile({ ...this.#options, path })
    this.#files.set(path, file)
    return file
  }
}

async function lastByte(file: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0]
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  await directory.sync().finally(() => directory.close())
}
