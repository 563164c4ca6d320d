import {
  type Checkpoint,
  type Clock,
  checkAt,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  type Patterns,
  type Receiver,
  type RunMode,
  type State,
} from '@weir/sdk'
import { blockSize } from './block-pool.ts'
import { CheckpointBook } from './checkpoint-book.ts'
import type { FileConfig } from './config.ts'
import { deletesUnread, noOwnerOnWindows } from './errors.ts'
import { ownerKey } from './file-attributes.ts'
import { FileErrors } from './file-errors.ts'
import { checkOrder, FileOrder } from './file-order.ts'
import { FileRemoval } from './file-removal.ts'
import { Finder } from './finder.ts'
import { Follower } from './follower.ts'
import { HeaderPattern } from './header.ts'
import { Identification } from './identification.ts'
import { Lookout } from './lookout.ts'
import { TextEncoding } from './text-encoding.ts'

export interface FileReceiverOptions {
  readonly config: FileConfig
  readonly clock: Clock
  readonly state: State
  readonly logger: Logger
  readonly meter: Meter
  readonly patterns: Patterns
  readonly runMode: RunMode
}

/** Fewer bytes would take most files for one another; the first block must hold them all. */
const fingerprintBounds = { least: 16, most: blockSize }

/** @throws WeirError `WEIR_FILE_ENCODING`, `WEIR_FILE_ORDER`, `WEIR_FILE_DELETE_UNREAD`, `WEIR_FILE_OWNER` */
export function checkFileReceiver(config: FileConfig): void {
  new TextEncoding(config.encoding)
  const { ordering_criteria: criteria } = config
  if (criteria !== undefined) checkAt(['ordering_criteria'], () => checkOrder(criteria))
  if (config.delete_after_read && config.start_at === 'end') throw deletesUnread()
  const key = ownerKey(config)
  if (process.platform === 'win32' && key !== undefined) throw noOwnerOnWindows(key)
}

/** Follows files: the lookout finds them, the follower reads them, the book remembers how far. */
export class FileReceiver implements Receiver {
  readonly #options: FileReceiverOptions
  readonly #encoding: TextEncoding
  readonly #header: HeaderPattern | undefined
  readonly #order: FileOrder | undefined
  #run: { readonly book: CheckpointBook; readonly follower: Follower; readonly lookout: Lookout } | undefined
  #reading: Promise<void> | undefined

  constructor(options: FileReceiverOptions) {
    const { config, clock, logger, patterns } = options
    this.#options = options
    this.#encoding = new TextEncoding(config.encoding)
    this.#header = config.header && new HeaderPattern(patterns.compile(config.header.pattern), this.#encoding)
    let unfit = 0
    const warn = (paths: readonly string[]) => {
      if (paths.length === unfit) return
      unfit = paths.length
      const files = unfit === 1 ? 'a file is' : `${unfit} files are`
      logger.warn({ files: unfit }, `${files} left out, since ordering_criteria do not fit the path: ${paths[0]}`)
    }
    this.#order = config.ordering_criteria && new FileOrder(config.ordering_criteria, patterns, clock, warn)
  }

  async start(output: Output): Promise<void> {
    const { config, clock, state, logger, meter, runMode } = this.#options
    const encoding = this.#encoding
    const { least, most } = fingerprintBounds
    const fingerprintSize = Math.min(most, Math.max(least, config.fingerprint_size))
    const { compression } = config
    const { once } = runMode
    const errors = new FileErrors(logger, meter)
    const book = new CheckpointBook(state, clock, logger)
    const follower = new Follower({
      ...{ output, book, clock, logger, meter, errors, encoding, compression, fingerprintSize, once },
      header: this.#header,
      removal: config.delete_after_read ? new FileRemoval(book, errors, logger) : undefined,
      maxOpenFiles: config.max_open_files,
      flushMs: config.flush_period,
      lookSoon: () => lookout.soon(),
    })
    const finder = new Finder(config.include, config.exclude, runMode.baseDir, errors, this.#order)
    const identification = new Identification({ book, follower, compression, fingerprintSize, once })
    const lookout = new Lookout({ config, finder, follower, identification, book, encoding, errors, clock, logger })
    this.#run = { book, follower, lookout }
    if (once) this.#reading = this.#readOnce(output, lookout, follower, errors)
    else await lookout.start()
  }

  checkpoint(): Checkpoint {
    if (this.#run === undefined) return {}
    const { book, follower } = this.#run
    return book.checkpoint((checkpoint) => follower.of(checkpoint)?.sent)
  }

  async stop(): Promise<void> {
    if (this.#run === undefined) return
    const { book, follower, lookout } = this.#run
    follower.stop()
    await lookout.stop()
    await follower.whenIdle()
    await this.#reading
    book.stop()
  }

  async close(): Promise<void> {
    await this.#run?.follower.close()
    this.#run?.book.save()
  }

  async #readOnce(output: Output, lookout: Lookout, follower: Follower, errors: FileErrors): Promise<void> {
    try {
      await lookout.lookOnce()
    } catch (error) {
      this.#options.logger.error(`looking for files failed: ${messageOf(error)}`)
    }
    await follower.whenIdle()
    output.end(errors.unread)
  }
}
