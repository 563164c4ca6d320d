import type { Buffer } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { type Logger, messageOf, WeirError } from '@weir/sdk'
import { type Found, type Lookup, RememberingLookup } from './lookup.ts'

export interface WatchedFileOptions {
  readonly path: string
  readonly logger: Logger
  read(bytes: Buffer): Lookup
}

/** A lookup that is read from a file, and again when that has changed. */
export class WatchedFile implements Lookup {
  readonly #options: WatchedFileOptions
  readonly #lookup = new RememberingLookup({ find: (text) => this.#content.find(text) })
  #content: Lookup = { find: () => [] }
  #version = ''
  #isReading = false

  constructor(options: WatchedFileOptions) {
    this.#options = options
  }

  find(text: string): Found {
    return this.#lookup.find(text)
  }

  /** @throws WeirError `WEIR_ENRICH_FILE`, or what reading its content throws */
  async load(): Promise<void> {
    const { path } = this.#options
    try {
      const version = await versionOf(path)
      if (version === this.#version) return
      const content = this.#options.read(await readFile(path))
      this.#version = version
      this.#content = content
      this.#lookup.forget()
    } catch (error) {
      if (error instanceof WeirError) throw error
      throw new WeirError(`${path} cannot be read: ${messageOf(error)}`, { code: 'WEIR_ENRICH_FILE', cause: error })
    }
  }

  /** Reads it again if it has changed; if that goes wrong, what was read before stays. */
  async reload(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const { path, logger } = this.#options
    const before = this.#version
    try {
      await this.load()
      if (this.#version !== before) logger.info({ path }, 'a file of lookups has changed and was read again')
    } catch (error) {
      logger.warn(
        { path, error: messageOf(error) },
        'a file of lookups has changed but cannot be read: it stays as it was',
      )
    } finally {
      this.#isReading = false
    }
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeNs, size, ino } = await stat(path, { bigint: true })
  return `${mtimeNs} ${size} ${ino}`
}
