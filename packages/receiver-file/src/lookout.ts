import { type Clock, type Logger, messageOf, type Timer } from '@weir/sdk'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointBook } from './checkpoint-book.ts'
import type { FileConfig } from './config.ts'
import type { Content } from './content.ts'
import { DirectoryWatcher } from './directory-watcher.ts'
import { fileAttributes } from './file-attributes.ts'
import { codeOf, type FileErrors } from './file-errors.ts'
import type { Finder, FoundFile } from './finder.ts'
import type { Follower } from './follower.ts'
import { endOfLines, type Identification } from './identification.ts'
import { Listing, maxAttempts } from './listing.ts'
import { beginning, markOf, type Position } from './mark.ts'
import { openContent } from './open-content.ts'
import type { TextEncoding } from './text-encoding.ts'

export interface LookoutOptions {
  readonly config: FileConfig
  readonly finder: Finder
  readonly follower: Follower
  readonly identification: Identification
  readonly book: CheckpointBook
  readonly encoding: TextEncoding
  readonly errors: FileErrors
  readonly clock: Clock
  readonly logger: Logger
}

/** Announced changes are gathered for so long: a writer of many small lines must not be read line by line. */
const gatherMs = 20
/** Listing the directories may take this part of the time. */
const share = 1 / 5
/** Files that are named at the start. */
const shownPlaces = 5
/** How long a copy waits for its original to be truncated before it counts as a file of its own. */
const copyPatienceMs = 10_000

/** By so much the clock of a file system may be behind. */
const coarseMs = 10

interface WaitingCopy {
  readonly size: number
  readonly sinceMs: number
}

/** Looks at the directories time and again, and has every file followed that is found there. */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #listing: Listing
  readonly #watcher: DirectoryWatcher
  readonly #hinted = new Set<string>()
  readonly #copies = new Map<string, WaitingCopy>()
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #hintTimer: Timer | undefined
  #looking: Promise<void> | undefined
  /** Earliest time for another look, by the monotonic clock. */
  #restsUntilMs = Number.NEGATIVE_INFINITY
  #isFirstLook = true
  #failure = ''
  /** Between `start` and `stop`; a single look arranges for nothing. */
  #isOn = false
  #isStopped = false

  constructor(options: LookoutOptions) {
    this.#options = options
    const { follower } = options
    this.#listing = new Listing({ ...options, pathOf: (inode) => follower.at(inode)?.path })
    this.#watcher = new DirectoryWatcher((path, isRename) => this.#hint(path, isRename))
  }

  /** Looks once, then again and again. Resolves after the first look. */
  async start(): Promise<void> {
    this.#isOn = true
    await this.#lookNow()
  }

  /** Looks a single time. Afterwards every file that was found waits for its turn. */
  async lookOnce(): Promise<void> {
    this.#looking = this.#look()
    await this.#looking
  }

  /** Does not wait for the next poll. */
  soon(): void {
    this.#schedule(gatherMs)
  }

  async stop(): Promise<void> {
    this.#isOn = false
    this.#isStopped = true
    this.#timer?.cancel()
    this.#hintTimer?.cancel()
    this.#watcher.close()
    await this.#looking
  }

  #schedule(ms: number): void {
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    const dueMs = Math.max(nowMs + ms, this.#restsUntilMs)
    if (!this.#isOn || dueMs >= this.#dueMs) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = clock.after(dueMs - nowMs, () => {
      this.#timer = undefined
      this.#dueMs = Number.POSITIVE_INFINITY
      // A look that is under way arranges for the next one itself.
      if (this.#looking === undefined) void this.#lookNow()
    })
  }

  #lookNow(): Promise<void> {
    const { clock, config, logger } = this.#options
    this.#looking = this.#look()
      .catch((error: unknown) => {
        const reason = messageOf(error)
        if (reason !== this.#failure) logger.error(`looking for files failed: ${reason}; it is tried again`)
        this.#failure = reason
      })
      .finally(() => {
        this.#looking = undefined
        this.#restsUntilMs = clock.monotonic() + this.#listing.takeMs() / share
        this.#schedule(config.poll_interval)
      })
    return this.#looking
  }

  #hint(path: string, isRename: boolean): void {
    if (!this.#isOn) return
    if (isRename) {
      this.soon()
      return
    }
    this.#hinted.add(path)
    this.#hintTimer ??= this.#options.clock.after(gatherMs, () => {
      this.#hintTimer = undefined
      const { follower, finder } = this.#options
      for (const hinted of this.#hinted) {
        const tail = follower.atPath(hinted)
        if (tail) follower.wake(tail)
        else if (finder.matches(hinted)) this.soon()
      }
      this.#hinted.clear()
    })
  }

  async #look(): Promise<void> {
    const { follower, book, config, logger } = this.#options
    let found = await this.#list()
    if (this.#isStopped) return
    if (found.size === 0 && this.#isFirstLook) {
      logger.warn({ include: config.include }, `no file matches ${config.include.join(', ')}`)
    }
    follower.beginLook()
    try {
      const moved = new Set<string>()
      for (let attempt = 0; await this.#attend([...found.values()], moved, attempt < maxAttempts); attempt++) {
        found = await this.#list()
        follower.beginLook()
      }
      // A file that was renamed between listing and asking is among those that were not found: its rest goes first, too.
      await follower.endLook()
    } finally {
      follower.release()
    }
    for (const inode of this.#copies.keys()) if (!found.has(inode)) this.#copies.delete(inode)
    this.#listing.remember(found)
    book.prune((checkpoint) => follower.of(checkpoint) !== undefined || found.has(checkpoint.inode))
    if (this.#isFirstLook && this.#isOn) this.#announce(found)
    this.#isFirstLook = false
    this.#failure = ''
  }

  /** Lists the files by inode, and watches where they lie. */
  async #list(): Promise<ReadonlyMap<string, FoundFile>> {
    const { found, directories } = await this.#listing.list()
    if (this.#isOn) this.#watcher.follow(directories)
    return found
  }

  /** Says what is followed and from where, so that a quiet file is not taken for a hang. */
  #announce(found: ReadonlyMap<string, FoundFile>): void {
    const { follower, logger } = this.#options
    const places = [...found.values()].flatMap(({ path, stat }) => {
      const begin = follower.at(stat.inode)?.begin
      if (begin === undefined) return []
      return `${path} from ${begin === 0 ? 'its beginning' : begin >= stat.size ? 'its end' : `byte ${begin}`}`
    })
    if (places.length === 0) return
    const more = places.length > shownPlaces ? `, and ${places.length - shownPlaces} more` : ''
    logger.info({ files: places.length }, `following ${places.slice(0, shownPlaces).join(', ')}${more}`)
  }

  /**
   * Goes on with the files that are followed, and has the others followed. A path that has moved since it was listed waits
   * until all are listed again, once: on a file system whose inodes mean nothing it would wait for ever. Whether some do.
   */
  async #attend(found: readonly FoundFile[], moved: Set<string>, mayWait: boolean): Promise<boolean> {
    const { follower, book } = this.#options
    const strangers: FoundFile[] = []
    for (const file of found) {
      const tail = follower.at(file.stat.inode)
      if (tail) follower.see(tail, file)
      const isKnown = tail !== undefined && !(tail.isBlank && file.stat.size !== tail.hollowSize)
      if (!isKnown && !this.#isTooOld(file)) strangers.push(file)
    }
    // Files whose inode is known come first: by what they hold now, a copy of what they held before is recognised.
    const rank = (file: FoundFile) => (book.knowsInode(file.stat.inode) ? 0 : 1)
    strangers.sort((one, other) => rank(one) - rank(other) || one.stat.modifiedMs - other.stat.modifiedMs)
    const { size } = moved
    for (const file of strangers) {
      if (this.#isStopped) return false
      const hasMoved = await this.#meet(file, mayWait && !moved.has(file.path))
      if (hasMoved) moved.add(file.path)
    }
    return moved.size > size
  }

  #isTooOld({ stat }: FoundFile): boolean {
    const { config, clock } = this.#options
    const limitMs = config.exclude_older_than
    return limitMs !== undefined && clock.now() - stat.modifiedMs > limitMs
  }

  /** Has a file followed. Whether its path has moved and it waits, if it may. */
  async #meet(file: FoundFile, mayWait: boolean): Promise<boolean> {
    const { config, errors, follower } = this.#options
    const { path } = file
    let content: Content | undefined
    try {
      content = await openContent(path, config.compression)
      const stat = await content.stat()
      // Since it was listed, the path may have got a younger file, or one that is followed already.
      if (mayWait && stat.inode !== file.stat.inode) return true
      const isFollowed = follower.at(stat.inode)?.isBlank === false
      if (stat.kind !== 'file' || isFollowed) this.soon()
      else if (await this.#introduce({ path, stat }, content)) content = undefined
    } catch (error) {
      if (mayWait && codeOf(error) === 'ENOENT') return true
      errors.report(path, error)
    } finally {
      await content?.close()
    }
    return false
  }

  /** Has the file followed, unless it must wait. The follower then owns `content`. */
  async #introduce(file: FoundFile, content: Content): Promise<boolean> {
    const { config, follower, identification, book } = this.#options
    const { path, stat } = file
    const identity = await identification.identify(file, content)
    if (identity.is === 'unclear') {
      follower.wake(identity.of)
      return false
    }
    if (identity.is === 'heir') return false
    if (identity.is === 'copy' && this.#mustWait(file)) return false
    this.#copies.delete(stat.inode)
    const blank = follower.at(stat.inode)
    if (blank && identity.is === 'new') {
      if (identity.head.length === 0) blank.hollowSize = stat.size
      book.extend(blank.checkpoint, markOf(identity.head))
      follower.wake(blank)
      return false
    }
    if (blank && !(await follower.replace(blank))) {
      this.soon()
      return false
    }
    let checkpoint: Checkpoint
    if (identity.is === 'known') {
      checkpoint = identity.checkpoint
      book.relocate(checkpoint, stat.inode)
    } else {
      const position = identity.is === 'passed' ? identity.position : await this.#firstPosition(file, content)
      checkpoint = book.open(path, stat.inode, markOf(identity.head), position)
    }
    const tail = await follower.follow(checkpoint, file, content, await fileAttributes(path, config))
    follower.wake(tail)
    return true
  }

  /** A copy waits while it grows, and a while longer. */
  #mustWait({ stat }: FoundFile): boolean {
    const nowMs = this.#options.clock.monotonic()
    const waiting = this.#copies.get(stat.inode)
    if (waiting && waiting.size === stat.size) return nowMs - waiting.sinceMs < copyPatienceMs
    this.#copies.set(stat.inode, { size: stat.size, sinceMs: nowMs })
    return true
  }

  /** `start_at: end` is for what was there before the receiver first ran: what came later is read whole. */
  async #firstPosition({ path, stat }: FoundFile, content: Content): Promise<Position> {
    const { config, book, encoding } = this.#options
    const isOld =
      this.#isFirstLook && !book.knowsPath(path) && (book.lastRunMs === 0 || stat.createdMs < book.lastRunMs - coarseMs)
    if (config.start_at === 'beginning' || !isOld) return beginning
    return endOfLines(content, stat.size, (bytes) => encoding.endOfLines(bytes))
  }
}
