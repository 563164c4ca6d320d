import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import { type Clock, type Logger, messageOf } from '@weir/sdk'
import type { RotationConfig } from './config.ts'

const endings = { none: '', gzip: '.gz', zstd: '.zst' } as const
const dayMs = 86_400_000

interface Backup {
  readonly path: string
  /** Unix epoch in milliseconds, from its name. */
  readonly time: number
  readonly isCompressed: boolean
}

/** The rotated files beside a file: `archive-2026-11-24T14-13-19.123.ndjson`, compressed with `.gz` or `.zst` behind. */
export class Backups {
  readonly #folder: string
  readonly #stem: string
  readonly #extension: string
  readonly #rotation: RotationConfig
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #stopping: AbortSignal
  #tidying: Promise<void> = Promise.resolve()

  constructor(path: string, rotation: RotationConfig, clock: Clock, logger: Logger, stopping: AbortSignal) {
    this.#folder = dirname(path)
    this.#extension = extname(path)
    this.#stem = basename(path, this.#extension)
    this.#rotation = rotation
    this.#clock = clock
    this.#logger = logger
    this.#stopping = stopping
  }

  /** A path for the file that is rotated now, which no file has yet. */
  async nextPath(): Promise<string> {
    const names = new Set(await readdir(this.#folder))
    for (let time = this.#clock.now(); ; time++) {
      const name = `${this.#stem}-${new Date(time).toISOString().slice(0, -1).replaceAll(':', '-')}${this.#extension}`
      if (!Object.values(endings).some((ending) => names.has(name + ending))) return join(this.#folder, name)
    }
  }

  /** Compresses what is to be compressed and removes what is too old or too much, in the background, one after the other. */
  tidy(): void {
    this.#tidying = this.#tidying.then(async () => {
      try {
        await this.#compress()
        await this.#prune()
      } catch (error) {
        if (!this.#stopping.aborted)
          this.#logger.warn({ folder: this.#folder, error: messageOf(error) }, 'rotated files could not be tidied up')
      }
    })
  }

  /** Resolves when nothing goes on in the background. */
  settled(): Promise<void> {
    return this.#tidying
  }

  /** Newest first. */
  async #list(): Promise<Backup[]> {
    const backups: Backup[] = []
    const prefix = `${this.#stem}-`
    for (const name of await readdir(this.#folder)) {
      const ending = [endings.gzip, endings.zstd].find((one) => name.endsWith(one)) ?? ''
      const end = name.length - ending.length - this.#extension.length
      if (!name.startsWith(prefix) || name.slice(end, name.length - ending.length) !== this.#extension) continue
      const stamp = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(name.slice(prefix.length, end))
      if (stamp === null) continue
      const [, date, hours, minutes, seconds] = stamp
      const time = Date.parse(`${date}${hours}:${minutes}:${seconds}Z`)
      backups.push({ path: join(this.#folder, name), time, isCompressed: ending !== '' })
    }
    return backups.sort((one, other) => other.time - one.time)
  }

  async #compress(): Promise<void> {
    const { compression } = this.#rotation
    if (compression === 'none') return
    for (const { path, isCompressed } of await this.#list()) {
      if (isCompressed) continue
      const target = path + endings[compression]
      // Under another name until it is whole: a crash leaves the rotated file, and the next start compresses it again.
      const partial = `${target}.part`
      try {
        const { mode } = await stat(path)
        const compressor = compression === 'gzip' ? createGzip() : createZstdCompress()
        await pipeline(createReadStream(path), compressor, createWriteStream(partial, { mode, flush: true }), {
          signal: this.#stopping,
        })
        await rename(partial, target)
        await rm(path)
      } catch (error) {
        await rm(partial, { force: true })
        throw error
      }
    }
  }

  async #prune(): Promise<void> {
    const { max_backups: maxBackups, max_days: maxDays } = this.#rotation
    if (maxBackups === 0 && maxDays === 0) return
    const oldest = maxDays === 0 ? Number.NEGATIVE_INFINITY : this.#clock.now() - maxDays * dayMs
    for (const [index, { path, time }] of (await this.#list()).entries()) {
      if ((maxBackups > 0 && index >= maxBackups) || time < oldest) await rm(path, { force: true })
    }
  }
}
