import { resolve } from 'node:path'
import {
  type Clock,
  type Exporter,
  type LogBatch,
  type Logger,
  messageOf,
  NdjsonEncoder,
  type RunMode,
  type Timer,
} from '@weir/sdk'
import { Backups } from './backups.ts'
import type { FileConfig } from './config.ts'
import { RotatingFile } from './rotating-file.ts'
import { TemplateEncoder } from './template-encoder.ts'
import { isLasting, writeError } from './write-error.ts'

const mebibyte = 2 ** 20

export interface FileExporterOptions {
  config: FileConfig
  mode: RunMode
  clock: Clock
  logger: Logger
  /** Aborts when the collector stops at once. */
  stopping: AbortSignal
}

/** Appends batches to a file. */
export class FileExporter implements Exporter {
  readonly #path: string
  readonly #config: FileConfig
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #encoder: NdjsonEncoder | TemplateEncoder
  readonly #backups: Backups | undefined
  readonly #file: RotatingFile
  /** What is done with the file, one after the other: an attempt that timed out may still be writing when the next begins. */
  #turn: Promise<unknown> = Promise.resolve()
  #timer: Timer | undefined
  #isStopped = false

  constructor({ config, mode, clock, logger, stopping }: FileExporterOptions) {
    const { rotation } = config
    const path = resolve(mode.baseDir, config.path)
    const maxBytes = rotation === undefined ? Number.POSITIVE_INFINITY : Math.ceil(rotation.max_megabytes * mebibyte)
    this.#path = path
    this.#config = config
    this.#clock = clock
    this.#logger = logger
    this.#encoder =
      config.format === 'template'
        ? new TemplateEncoder(config.template)
        : new NdjsonEncoder({ pieceBytes: Math.min(mebibyte, Math.ceil(maxBytes / 8)) })
    this.#backups = rotation && new Backups(path, rotation, clock, logger, stopping)
    this.#file = new RotatingFile({
      path,
      truncate: !config.append,
      fsync: config.fsync,
      ...(rotation && this.#backups
        ? { rotation: { maxBytes, maxAgeMs: rotation.interval, backups: this.#backups } }
        : {}),
      clock,
      logger,
    })
  }

  /** @throws PermanentError or RetryableError for what only a person can mend; a full disk may be empty by the first batch */
  async start(): Promise<void> {
    try {
      await this.#inTurn(() => this.#file.open())
    } catch (error) {
      const failure = writeError(this.#path, error)
      if (isLasting(error)) throw failure
      this.#logger.warn({ path: this.#path, hint: failure.hint }, failure.message)
    }
    if (this.#isStopped) return
    this.#backups?.tidy()
    if (this.#config.fsync === 'interval')
      this.#timer = this.#clock.every(this.#config.fsync_interval, () => void this.flush())
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    await this.#inTurn(async () => {
      abortSignal.throwIfAborted()
      if (batch.length === 0) return
      try {
        await this.#file.append(this.#encoder.encode(batch), abortSignal)
      } catch (error) {
        throw abortSignal.aborted ? error : writeError(this.#path, error)
      }
    })
  }

  async flush(): Promise<void> {
    if (this.#config.fsync === 'never') return
    try {
      await this.#inTurn(() => this.#file.sync())
    } catch (error) {
      this.#logger.warn({ path: this.#path, error: messageOf(error) }, 'the file could not be brought to the disk')
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.flush()
    await this.#inTurn(() => this.#file.close())
    await this.#backups?.settled()
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(task)
    this.#turn = turn.catch(() => {})
    return turn
  }
}
