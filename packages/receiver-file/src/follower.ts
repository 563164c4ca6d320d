import { type AttributeMap, type Clock, type Counter, type Logger, type Meter, messageOf, type Output } from '@weir/sdk'
import { BlockPool } from './block-pool.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointBook } from './checkpoint-book.ts'
import type { Compression, Content } from './content.ts'
import { codeOf, type FileErrors } from './file-errors.ts'
import type { FileRemoval } from './file-removal.ts'
import type { FoundFile } from './finder.ts'
import { Following } from './following.ts'
import { Generations } from './generations.ts'
import type { HeaderPattern } from './header.ts'
import { tellingLength } from './mark.ts'
import { OpenFiles } from './open-files.ts'
import { type FlushMode, Tail, type TailContext, type TurnEnd } from './tail.ts'
import type { TextEncoding } from './text-encoding.ts'
import { TurnQueue } from './turn-queue.ts'

export interface FollowerOptions {
  readonly output: Output
  readonly book: CheckpointBook
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly errors: FileErrors
  readonly encoding: TextEncoding
  readonly compression: Compression
  readonly fingerprintSize: number
  readonly header: HeaderPattern | undefined
  /** Deletes what has been read, if that is wanted. */
  readonly removal: FileRemoval | undefined
  readonly maxOpenFiles: number
  readonly flushMs: number
  /** Read each file to its end, one after the other. */
  readonly once: boolean
  /** Something was seen that only a look at the directories can make sense of. */
  readonly lookSoon: () => void
}

/** Files that are open for a moment while it is found out what they are. */
const identified = 2
/** Files that are read at the same time. */
const slots = 3
/** How long a truncated file's content waits for the copy that goes on with it. */
const orphanMs = 10_000

/** Reads the files that are followed, each in its turn, and lets go of those that are gone. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #pool = new BlockPool()
  readonly #files: OpenFiles
  readonly #turns: TurnQueue<Tail>
  readonly #context: TailContext
  readonly #following = new Map<Tail, Following>()
  readonly #generations = new Generations()
  readonly #byInode = new Map<string, Tail>()
  readonly #byPath = new Map<string, Tail>()
  readonly #byId = new Map<string, Tail>()
  /** Files whose content was truncated away, with the time until which a copy may take over. */
  readonly #orphans = new Map<Tail, number>()
  readonly #lost: Counter
  #isStopping = false

  constructor(options: FollowerOptions) {
    this.#options = options
    const { output, book, encoding, fingerprintSize, header, meter, once } = options
    this.#files = new OpenFiles(options.maxOpenFiles - identified, options.compression, meter)
    const isBusy = (tail: Tail) => this.#turns.has(tail)
    this.#turns = new TurnQueue(
      once ? 1 : slots,
      (tail) => this.#run(tail),
      (tail) => this.#generations.isBehind(tail, isBusy),
    )
    this.#lost = meter.counter('weir_receiver_file_lost_bytes', {
      description: 'Bytes that were seen in a file and went away before they were read',
      unit: 'By',
    })
    this.#context = {
      output,
      book,
      encoding,
      fingerprintSize,
      header,
      pool: this.#pool,
      isCrowded: () => !once && this.#turns.isCrowded,
      isStopping: () => this.#isStopping,
      onRefused: (tail, error) => this.#onRefused(tail, error),
      onDelivered: (tail) => this.#finish(tail),
    }
  }

  /** The file that is followed at an inode. */
  at(inode: string): Tail | undefined {
    return this.#byInode.get(inode)
  }

  atPath(path: string): Tail | undefined {
    return this.#byPath.get(path)
  }

  /** The followed file of a checkpoint. */
  of(checkpoint: Checkpoint): Tail | undefined {
    return this.#byId.get(checkpoint.id)
  }

  /** Its content was truncated away; a copy may go on with it. */
  isOrphan(tail: Tail): boolean {
    return this.#orphans.has(tail)
  }

  whenIdle(): Promise<void> {
    return this.#turns.whenIdle()
  }

  /** Follows a file from its checkpoint on. `content` is kept if there is room, else closed. */
  async follow(
    checkpoint: Checkpoint,
    { path, stat }: FoundFile,
    content: Content,
    attributes: AttributeMap,
  ): Promise<Tail> {
    const orphan = this.#byId.get(checkpoint.id)
    const tail = orphan ?? new Tail(checkpoint, path, { id: checkpoint.id, attributes }, this.#context)
    this.#orphans.delete(tail)
    tail.path = path
    tail.size = -1
    tail.writtenMs = stat.modifiedMs
    tail.isCompressed = content.isCompressed
    this.#generations.add(tail)
    this.#byId.set(checkpoint.id, tail)
    this.#byInode.set(checkpoint.inode, tail)
    this.#byPath.set(path, tail)
    this.#following.set(tail, new Following(this.#options.clock))
    if (this.#files.hasRoom() && !this.#isStopping) {
      tail.content = content
      this.#files.add(tail)
    } else await content.close()
    return tail
  }

  /** Lets go of a file that was empty, for the checkpoint that its content turned out to have. Whether it can be done now. */
  async replace(tail: Tail): Promise<boolean> {
    if (this.#turns.isActive(tail)) return false
    this.#following.get(tail)?.cancel()
    this.#detach(tail)
    this.#forget(tail)
    this.#options.book.forget(tail.checkpoint)
    await this.#files.close(tail)
    return true
  }

  /** Asks for a turn. */
  wake(tail: Tail): void {
    this.#turns.add(tail)
  }

  /** A look begins: every file must be seen again to count as listed. Nothing is read until `release`: who is older is not known. */
  beginLook(): void {
    this.#turns.hold()
    for (const following of this.#following.values()) following.isListed = false
  }

  /** The file was found again; it gets a turn if something has changed. */
  see(tail: Tail, file: FoundFile): void {
    const following = this.#following.get(tail)
    if (following === undefined) return
    following.see()
    tail.seenSize = Math.max(tail.seenSize, file.stat.size)
    tail.writtenMs = file.stat.modifiedMs
    if (tail.path !== file.path) {
      this.#options.logger.debug({ from: tail.path, to: file.path }, `${tail.path} was renamed to ${file.path}`)
      if (this.#byPath.get(tail.path) === tail) this.#byPath.delete(tail.path)
      tail.path = file.path
      this.#byPath.set(file.path, tail)
      this.#generations.add(tail)
    }
    if (hasChanged(tail, file.stat)) this.wake(tail)
  }

  /** All that was found is known: the oldest generation of each log goes first. */
  release(): void {
    this.#turns.release()
  }

  /** After a look: what was not found is read to its end and let go. */
  async endLook(): Promise<void> {
    for (const [tail, following] of this.#following) {
      if (following.isListed || this.#isStopping) continue
      following.isHidden = true
      await this.#attend(tail, following)
    }
    const now = this.#options.clock.monotonic()
    for (const [tail, untilMs] of this.#orphans) {
      if (now < untilMs) continue
      if (tail.hasCarry && !tail.isRefused) this.wake(tail)
      else if (tail.deliveries.length === 0 || tail.isRefused) this.#bury(tail)
    }
  }

  /** Nothing is sent after it. */
  stop(): void {
    this.#isStopping = true
    this.#turns.close()
    this.#pool.close()
    for (const following of this.#following.values()) following.cancel()
  }

  async close(): Promise<void> {
    await this.#options.removal?.close()
    await this.#files.closeAll()
  }

  async #run(tail: Tail): Promise<void> {
    const following = this.#following.get(tail)
    if (following === undefined) return tail.flush()
    const { errors, once } = this.#options
    if (following.isWaiting) return
    const flush = once ? 'send' : following.flush
    const { offset, size } = tail
    following.flush = 'keep'
    try {
      if (tail.isRefused) tail.rewind()
      const isThere = await this.#files.open(tail, (other) => this.#turns.isActive(other))
      if (!isThere || tail.content === undefined) return await this.#miss(tail, flush)
      if (tail.isBlank && !following.isHidden && !once) return await this.#watchBlank(tail, tail.content)
      const end = await tail.turn(tail.content, flush)
      errors.clear(tail.path)
      const hasRead = tail.offset !== offset || tail.size !== size
      if (hasRead) following.grow()
      await this.#afterTurn(tail, following, end, hasRead)
    } catch (error) {
      if (this.#isStopping) return
      const isGone = tail.content === undefined && codeOf(error) === 'ENOENT'
      if (isGone) return this.#miss(tail, flush)
      errors.report(tail.path, error)
      // What stood before a defect is all there is; a disk may recover.
      if (tail.isCompressed) await tail.flush()
      else tail.size = -1
      await this.#files.close(tail)
    }
  }

  /** An empty file is not read before a look has told what it has got: it may be a copy. */
  async #watchBlank(tail: Tail, content: Content): Promise<void> {
    const { size, modifiedMs } = await content.stat()
    tail.size = size
    tail.modifiedMs = modifiedMs
    this.#options.errors.clear(tail.path)
    if (size !== tail.hollowSize) this.#options.lookSoon()
    if (content.isCompressed) await this.#files.close(tail)
  }

  /** The file is no longer at its path. */
  async #miss(tail: Tail, flush: FlushMode): Promise<void> {
    if (flush === 'send') await tail.flush()
    this.#options.lookSoon()
  }

  async #afterTurn(tail: Tail, following: Following, end: TurnEnd, hasRead: boolean): Promise<void> {
    const { once, flushMs, errors } = this.#options
    if (end === 'more') this.wake(tail)
    if (end === 'changed') await this.#abandon(tail, following)
    if (end !== 'end') return
    if (tail.content?.isCut && (once || !tail.hasCarry)) {
      errors.warn(tail.path, 'cut', `${tail.path} ends in the middle of its compressed data; what it held was read`)
    }
    if (tail.content?.isCompressed || once) await this.#files.close(tail)
    this.#finish(tail)
    if (!tail.hasCarry || flushMs === 0 || once || this.#isStopping) return
    following.flushAfter(flushMs, hasRead, () => this.wake(tail))
  }

  /** Everything has been read and delivered: what that is the end of is deleted, and not followed any longer. */
  #finish(tail: Tail): void {
    const { removal, once } = this.#options
    if (!tail.isDelivered || !this.#following.has(tail)) return
    removal?.remove(tail)
    if (!once) return
    this.#detach(tail)
    this.#forget(tail)
  }

  /** The file was truncated, or its inode has another file: its content is gone, unless a copy turns up. */
  async #abandon(tail: Tail, following: Following): Promise<void> {
    const { book, logger, clock, once } = this.#options
    const { path } = tail
    logger.info({ path }, `${path} was truncated or replaced; it is read from its beginning`)
    book.loseInode(tail.checkpoint)
    following.cancel()
    this.#detach(tail)
    await this.#files.close(tail)
    this.#orphans.set(tail, clock.monotonic() + orphanMs)
    if (once) {
      await tail.flush()
      this.#bury(tail)
    }
    this.#options.lookSoon()
  }

  /** No copy has turned up: what was not read, or was refused, cannot be read any more. */
  #bury(tail: Tail): void {
    const refused = tail.isRefused ? tail.offset - tail.checkpoint.position.offset : 0
    this.#countLost(tail, tail.lostBytes + refused, 'was truncated or replaced')
    this.#forget(tail)
  }

  #countLost({ path }: Tail, lostBytes: number, what: string): void {
    if (lostBytes <= 0) return
    this.#lost.add(lostBytes)
    this.#options.logger.warn({ path, lostBytes }, `${path} ${what} before its last ${lostBytes} bytes were delivered`)
  }

  /** A file that was not found: deleted, moved away, or hidden by an error. */
  async #attend(tail: Tail, following: Following): Promise<void> {
    const { content } = tail
    // Its turn may have begun before the file was as large as it is.
    if (this.#turns.has(tail)) return this.wake(tail)
    if (content === undefined) return this.#release(tail, following)
    const stat = await content.stat().catch((error: unknown) => this.#options.errors.report(tail.path, error))
    if (!stat) return this.#release(tail, following)
    if (hasChanged(tail, stat)) this.wake(tail)
    else if (following.isGone(stat.links === 0)) {
      const { checkpoint } = tail
      if (stat.links === 0 && checkpoint.fingerprint.length >= tellingLength) this.#options.book.loseInode(checkpoint)
      await this.#release(tail, following)
    }
  }

  /** Lets go of a file, once everything of it has been sent and delivered. */
  async #release(tail: Tail, following: Following): Promise<void> {
    if (tail.hasCarry) {
      following.flush = 'send'
      this.wake(tail)
      return
    }
    if (tail.deliveries.length > 0) return
    if (tail.content === undefined && !tail.isCompressed)
      this.#countLost(tail, tail.seenSize - tail.offset, 'went away')
    following.cancel()
    await this.#files.close(tail)
    this.#detach(tail)
    this.#forget(tail)
  }

  #detach(tail: Tail): void {
    this.#generations.delete(tail)
    this.#following.delete(tail)
    if (this.#byInode.get(tail.checkpoint.inode) === tail) this.#byInode.delete(tail.checkpoint.inode)
    if (this.#byPath.get(tail.path) === tail) this.#byPath.delete(tail.path)
  }

  #forget(tail: Tail): void {
    this.#orphans.delete(tail)
    this.#byId.delete(tail.checkpoint.id)
  }

  #onRefused(tail: Tail, error: unknown): void {
    if (this.#isStopping) return
    const { path } = tail
    const { logger, once } = this.#options
    const following = this.#following.get(tail)
    const reason = messageOf(error)
    // Truncated or replaced meanwhile: only a copy can be read again, should one turn up.
    if (following === undefined) return
    const what = once ? 'the next run reads them again' : 'they are read again'
    logger.warn({ path, reason }, `${path}: lines were not delivered; ${what}`)
    if (!once) following.backOff(() => this.wake(tail))
  }
}

const hasChanged = (tail: Tail, stat: FoundFile['stat']): boolean =>
  stat.size !== tail.size || stat.modifiedMs !== tail.modifiedMs
