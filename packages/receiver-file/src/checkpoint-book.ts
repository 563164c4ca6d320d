import { type AttributeValue, type Clock, type Logger, messageOf, type State, type Timer } from '@weir/sdk'
import { type Checkpoint, checkpointValue, readCheckpoint } from './checkpoint.ts'
import { beginning, type Mark, markOf, type Position } from './mark.ts'
import { MultiMap } from './multi-map.ts'
import { extendTrail } from './trail.ts'

const savePeriodMs = 500
/** Files that are gone are remembered for a while: they may come back under another name, or compressed. */
const rememberedMs = 7 * 24 * 3_600_000
const maxRemembered = 4096
const filePrefix = 'file:'
const bookKey = 'book'

const keyOf = (fingerprint: Mark) => `${fingerprint.length}:${fingerprint.digest}`

/** The checkpoints of one receiver: found by what a file begins with, saved a moment after they change. */
export class CheckpointBook {
  readonly #state: State
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #byId = new Map<string, Checkpoint>()
  readonly #byInode = new MultiMap<string, Checkpoint>()
  readonly #byFingerprint = new MultiMap<string, Checkpoint>()
  /** How many fingerprints there are of each length: few lengths, so that few digests find any file. */
  readonly #lengths = new Map<number, number>()
  readonly #paths = new Set<string>()
  readonly #changed = new Set<string>()
  /** Changed since `checkpoint` was last called. */
  readonly #moved = new Set<string>()
  #timer: Timer | undefined
  #isStopped = false
  /** When the receiver last ran, Unix epoch in milliseconds; 0 if it never did. */
  readonly lastRunMs: number

  constructor(state: State, clock: Clock, logger: Logger) {
    this.#state = state
    this.#clock = clock
    this.#logger = logger
    const book = state.get(bookKey)
    const lastRun = typeof book === 'object' && book !== null && !Array.isArray(book) ? book.savedMs : undefined
    this.lastRunMs = typeof lastRun === 'number' ? lastRun : 0
    let unreadable = 0
    for (const key of state.keys()) {
      if (!key.startsWith(filePrefix)) continue
      const checkpoint = readCheckpoint(key.slice(filePrefix.length), state.get(key))
      if (checkpoint) this.#add(checkpoint)
      else unreadable++
    }
    if (unreadable > 0) {
      logger.warn(
        { unreadable },
        `${unreadable} checkpoints are of another version or damaged; their files count as new`,
      )
    }
  }

  /** A checkpoint of that path exists: the file has been followed before. */
  knowsPath(path: string): boolean {
    return this.#paths.has(path)
  }

  knowsInode(inode: string): boolean {
    return this.#byInode.has(inode)
  }

  /** Bytes of the longest fingerprint: more than `fingerprint_size` if that was larger once. */
  get longestFingerprint(): number {
    return Math.max(0, ...this.#lengths.keys())
  }

  /** Checkpoints whose content the bytes at the beginning of a file fit: of the same inode first, then the longest. */
  candidates(head: Uint8Array, inode: string): Checkpoint[] {
    const found: Checkpoint[] = []
    const lengths = [...this.#lengths.keys()].filter((length) => length <= head.length).sort((a, b) => b - a)
    for (const length of lengths) {
      found.push(...this.#byFingerprint.get(keyOf(markOf(head.subarray(0, length)))))
    }
    // What was empty in that inode begins like everything.
    const isSame = (one: Checkpoint) => Number(one.inode === inode && one.fingerprint.length > 0)
    return found.sort((one, other) => isSame(other) - isSame(one))
  }

  /** Notes for the checkpoints of an inode whether it still begins as they say. */
  examine(inode: string, head: Uint8Array): void {
    for (const checkpoint of this.#byInode.get(inode)) {
      const fits = this.candidates(head, inode).includes(checkpoint)
      if (!fits) this.loseInode(checkpoint)
    }
  }

  /** The content is no longer in that inode. */
  loseInode(checkpoint: Checkpoint): void {
    if (checkpoint.hasLostInode) return
    checkpoint.hasLostInode = true
    this.touch(checkpoint)
  }

  open(path: string, inode: string, fingerprint: Mark, position: Position = beginning): Checkpoint {
    const base = `${path}#${inode.slice(inode.indexOf(':') + 1)}`
    let id = base
    for (let count = 2; this.#byId.has(id); count++) id = `${base}.${count}`
    const seenMs = this.#clock.now()
    const checkpoint: Checkpoint = { id, path, inode, fingerprint, position, trail: [], hasLostInode: false, seenMs }
    this.#add(checkpoint)
    this.touch(checkpoint)
    return checkpoint
  }

  move(checkpoint: Checkpoint, position: Position): void {
    checkpoint.position = position
    extendTrail(checkpoint.trail, position)
    this.touch(checkpoint)
  }

  extend(checkpoint: Checkpoint, fingerprint: Mark): void {
    if (!this.#byId.has(checkpoint.id)) return
    this.#drop(checkpoint)
    checkpoint.fingerprint = fingerprint
    this.#add(checkpoint)
    this.touch(checkpoint)
  }

  relocate(checkpoint: Checkpoint, inode: string): void {
    if (checkpoint.inode === inode && !checkpoint.hasLostInode) return
    this.#drop(checkpoint)
    checkpoint.inode = inode
    checkpoint.hasLostInode = false
    this.#add(checkpoint)
    this.touch(checkpoint)
  }

  /** The file was deleted on purpose. */
  forget(checkpoint: Checkpoint): void {
    if (this.#byId.has(checkpoint.id)) this.#drop(checkpoint)
    this.touch(checkpoint)
  }

  /** Forgets what has been gone for too long, or too much of it. */
  prune(isPresent: (checkpoint: Checkpoint) => boolean): void {
    const now = this.#clock.now()
    const gone: Checkpoint[] = []
    for (const checkpoint of this.#byId.values()) {
      if (isPresent(checkpoint)) checkpoint.seenMs = now
      else gone.push(checkpoint)
    }
    const surplus = gone.length - maxRemembered
    const oldest = surplus > 0 ? gone.toSorted((one, other) => one.seenMs - other.seenMs).slice(0, surplus) : []
    for (const checkpoint of [...oldest, ...gone.filter(({ seenMs }) => seenMs < now - rememberedMs)]) {
      this.#drop(checkpoint)
      this.touch(checkpoint)
    }
  }

  /** It has changed, whatever became of it. */
  touch({ id }: Checkpoint): void {
    this.#changed.add(id)
    this.#moved.add(id)
    this.#saveSoon()
  }

  /**
   * What has changed since the last call, with the positions that have been sent.
   * @param sentOf the position behind all that was sent of a file; `undefined` if it is not followed
   */
  checkpoint(sentOf: (checkpoint: Checkpoint) => Position | undefined): { [key: string]: AttributeValue } {
    const entries: { [key: string]: AttributeValue } = { [bookKey]: this.#bookValue() }
    for (const id of this.#moved) entries[filePrefix + id] = null
    for (const [id, checkpoint] of this.#byId) {
      const position = sentOf(checkpoint) ?? checkpoint.position
      if (!this.#moved.has(id) && position === checkpoint.position) continue
      entries[filePrefix + id] = checkpointValue({ ...checkpoint, position })
    }
    this.#moved.clear()
    return entries
  }

  /** Writes what has changed. */
  save(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const entries: { [key: string]: AttributeValue } = { [bookKey]: this.#bookValue() }
    for (const id of this.#changed) {
      const checkpoint = this.#byId.get(id)
      entries[filePrefix + id] = checkpoint ? checkpointValue(checkpoint) : null
    }
    try {
      this.#state.setAll(entries)
      this.#changed.clear()
    } catch (error) {
      this.#logger.error(`checkpoints were not saved: ${messageOf(error)}; they are tried again with the next change`)
    }
  }

  /** Saves once more, and from now on only when `save` is called. */
  stop(): void {
    this.#isStopped = true
    this.save()
  }

  #bookValue(): AttributeValue {
    return { version: 1, savedMs: this.#clock.now() }
  }

  #saveSoon(): void {
    if (this.#isStopped) return
    this.#timer ??= this.#clock.after(savePeriodMs, () => this.save())
  }

  #add(checkpoint: Checkpoint): void {
    const { id, inode, path, fingerprint } = checkpoint
    this.#byId.set(id, checkpoint)
    this.#paths.add(path)
    this.#byInode.add(inode, checkpoint)
    this.#byFingerprint.add(keyOf(fingerprint), checkpoint)
    this.#lengths.set(fingerprint.length, (this.#lengths.get(fingerprint.length) ?? 0) + 1)
  }

  #drop(checkpoint: Checkpoint): void {
    const { id, inode, fingerprint } = checkpoint
    this.#byId.delete(id)
    this.#byInode.delete(inode, checkpoint)
    this.#byFingerprint.delete(keyOf(fingerprint), checkpoint)
    const count = (this.#lengths.get(fingerprint.length) ?? 1) - 1
    if (count > 0) this.#lengths.set(fingerprint.length, count)
    else this.#lengths.delete(fingerprint.length)
  }
}
