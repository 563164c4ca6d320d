import { readFileSync, statSync } from 'node:fs'
import { type Clock, type Logger, messageOf } from '@weir/sdk'
import { unreadable } from './errors.ts'

export interface CredentialFileOptions<Content> {
  readonly component: string
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  parse(text: string): Content
}

/** How often it is looked whether the file has changed. */
const checkMs = 1000

/** What a file says, and says anew when it has changed. While it is missing or wrong, what it said before goes on to hold. */
export class CredentialFile<Content> {
  readonly #options: CredentialFileOptions<Content>
  #content: Content
  #version: string
  #checkedAt: number

  /** @throws WeirError `WEIR_AUTH_FILE`, or with the code of what `parse` throws */
  constructor(options: CredentialFileOptions<Content>) {
    this.#options = options
    try {
      this.#version = versionOf(options.path)
      this.#content = options.parse(readFileSync(options.path, 'utf8'))
    } catch (error) {
      throw unreadable(options.component, options.path, error)
    }
    this.#checkedAt = options.clock.monotonic()
  }

  get content(): Content {
    const { clock, path, parse, logger } = this.#options
    const now = clock.monotonic()
    if (now - this.#checkedAt < checkMs) return this.#content
    this.#checkedAt = now
    let version = 'missing'
    try {
      version = versionOf(path)
      if (version === this.#version) return this.#content
      this.#content = parse(readFileSync(path, 'utf8'))
      logger.info({ path }, 'the credentials have changed and were read again')
    } catch (error) {
      if (version !== this.#version)
        logger.error(
          { path, error: messageOf(error) },
          'the credentials cannot be read: those from before go on to hold',
        )
    }
    this.#version = version
    return this.#content
  }
}

function versionOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path)
  return `${ino} ${size} ${mtimeMs}`
}
