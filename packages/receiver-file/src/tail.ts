import { Buffer } from 'node:buffer'
import { attributeMap, type LineSource, type LinesDelivery, type Output } from '@weir/sdk'
import { type BlockPool, blockSize, headroom, type Loan } from './block-pool.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointBook } from './checkpoint-book.ts'
import type { Content } from './content.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import { type HeaderPattern, maxHeaderLength } from './header.ts'
import { beginning, beginsWith, markOf, type Position, positionAfter } from './mark.ts'
import type { TextEncoding } from './text-encoding.ts'

/** What the files of one receiver share. */
export interface TailContext {
  readonly output: Output
  readonly pool: BlockPool
  readonly book: CheckpointBook
  readonly encoding: TextEncoding
  /** What files begin with that tells of the file, if they have such. */
  readonly header: HeaderPattern | undefined
  /** Bytes that a fingerprint may have. */
  readonly fingerprintSize: number
  /** Another file waits for its turn. */
  isCrowded(): boolean
  isStopping(): boolean
  /** A delivery was refused: its lines must be sent again. */
  onRefused(tail: Tail, error: unknown): void
  /** More of it has been acknowledged. */
  onDelivered(tail: Tail): void
}

/**
 * How a turn ended: at the end of the file; with more to read; the file was truncated or replaced by other content; the
 * receiver stops; the lines were not taken.
 */
export type TurnEnd = 'end' | 'more' | 'changed' | 'stopped' | 'refused'

/** What to do with a last line that has no end: keep it, send it if nothing more has come, or send it. */
export type FlushMode = 'keep' | 'if_quiet' | 'send'

/** Bytes that were read, in memory that is on loan. */
interface Chunk {
  readonly loan: Loan
  /** Where what was read begins, with the bytes that were known already. */
  readonly start: number
  /** Where what is new begins. */
  readonly from: number
  readonly to: number
  /** The file ended there, or ended before the position was reached. */
  readonly isShort: boolean
}

const lastFirst = (one: Position, other: Position) => other.offset - one.offset
/** Chunks up to this size are copied, so that a few lines do not hold a whole block until they are delivered. */
const copiedSize = 64 << 10
const newline = 10
const noBytes = Buffer.alloc(0)

/** A file that is followed: from its content, wherever that lies, to lines. */
export class Tail {
  readonly checkpoint: Checkpoint
  /** Has the header's attributes as soon as the header is known, before anything is sent. */
  source: LineSource
  readonly deliveries: DeliveryQueue
  /** Offset from which it is followed. */
  readonly begin: number
  /** Under which it is opened. */
  path: string
  /** Set while the file is open. */
  content: Content | undefined
  isCompressed = false
  /** As of the last turn's beginning. */
  size = -1
  /** The most that it was ever seen to hold. */
  seenSize = 0
  modifiedMs = -1
  /** Bytes on disk with which it still had nothing to read: what compressed data begin with. */
  hollowSize = 0
  /** When it was last written, as far as is known. */
  writtenMs = -1
  /** Bytes that were seen and are no longer there, after a turn that ended with `changed`. */
  lostBytes = 0
  /** Settles when what was sent last, and so everything, may be forgotten by its source. */
  stored: Promise<void> = Promise.resolve()
  readonly #context: TailContext
  #next: Position
  /** The end of the last line that was taken whole. */
  #lineEnd: Position
  /** What was read and not taken: the beginning of a record whose end has not come. */
  #carry: Buffer = noBytes
  /** The end of the header; `undefined` while it is not known. */
  #headerEnd: Position | undefined
  /** A line without an end is all that is new, and may be one of the header. */
  #awaitsHeader = false
  #isAtEnd = false
  #isRefused = false

  constructor(checkpoint: Checkpoint, path: string, source: LineSource, context: TailContext) {
    this.checkpoint = checkpoint
    this.path = path
    this.source = source
    this.#context = context
    this.begin = checkpoint.position.offset
    this.#next = checkpoint.position
    this.#lineEnd = checkpoint.position
    if (context.header === undefined) this.#headerEnd = beginning
    this.deliveries = new DeliveryQueue(
      (position) => {
        context.book.move(checkpoint, position)
        context.onDelivered(this)
      },
      (error) => this.#refuse(error),
    )
  }

  /** Offset of the next byte to read. */
  get offset(): number {
    return this.#next.offset
  }

  /** Places in the content that have been passed, the last first. */
  get passed(): Position[] {
    return [this.#next, ...this.deliveries.positions, ...this.checkpoint.trail].sort(lastFirst)
  }

  /** Its lines were refused; nothing is sent before it is rewound. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** The end of what has been sent, acknowledged or not, except what was refused. */
  get sent(): Position {
    return (this.#isRefused ? undefined : this.deliveries.sent) ?? this.checkpoint.position
  }

  /** An incomplete record waits for its end. */
  get hasCarry(): boolean {
    return this.#carry.length > 0 || this.#awaitsHeader
  }

  /** It has something, the last turn came to its end, and every line up to there has been acknowledged. */
  get isDelivered(): boolean {
    if (!this.#isAtEnd || this.size === 0 || this.#isRefused || this.hasCarry) return false
    return this.deliveries.length === 0 && this.#acknowledged.offset === this.offset
  }

  /** Before it there is nothing to send. */
  get #acknowledged(): Position {
    const { position } = this.checkpoint
    return this.#headerEnd && this.#headerEnd.offset > position.offset ? this.#headerEnd : position
  }

  /** It was empty, so that nothing is known of what it is: perhaps a copy that is about to be made. */
  get isBlank(): boolean {
    return this.checkpoint.fingerprint.length === 0 && this.offset === 0
  }

  /** Goes back to what has been acknowledged. */
  rewind(): void {
    this.deliveries.clear()
    this.#next = this.#acknowledged
    this.#lineEnd = this.#next
    this.#carry = noBytes
    this.#isRefused = false
  }

  /**
   * Reads on and sends, until the file ends or another one has waited for a block. While the pipeline works on a block,
   * the next one is read.
   * @throws what reading throws; what was read before has been sent
   */
  async turn(content: Content, flush: FlushMode): Promise<TurnEnd> {
    this.#isAtEnd = false
    const end = await this.#readOn(content, flush)
    this.#isAtEnd = end === 'end' && !content.isCut
    return end
  }

  async #readOn(content: Content, flush: FlushMode): Promise<TurnEnd> {
    const stat = await content.stat()
    const seen = this.seenSize
    const hasGrown = stat.size !== this.size
    this.size = stat.size
    this.seenSize = stat.size
    this.modifiedMs = stat.modifiedMs
    this.writtenMs = stat.modifiedMs
    const isQuiet = flush === 'send' || (flush === 'if_quiet' && !hasGrown)
    if (!(await this.#passHeader(content, isQuiet))) return 'end'
    let ahead = await this.#first(content)
    const isReplaced = ahead === 'changed' || (ahead !== undefined && !(await this.#checkHead(content)))
    if (isReplaced && !content.isCompressed) this.lostBytes = Math.max(0, seen - this.offset)
    if (ahead === 'changed') return 'changed'
    for (let hasRead = false; ; ) {
      if (ahead === undefined) return 'stopped'
      const chunk: Chunk = ahead
      const length = chunk.to - chunk.from
      hasRead ||= length > 0
      if (length > 0) this.#next = positionAfter(chunk.loan.bytes.subarray(chunk.start, chunk.to), this.offset + length)
      const isEnd = isReplaced || length === 0 || (chunk.isShort && !content.isCompressed && this.offset >= this.size)
      // The next block is read while this one is worked on; what that throws is thrown when its turn comes.
      const next = isEnd || this.#context.isCrowded() ? undefined : this.#read(content, 0)
      next?.catch(() => {})
      await this.#take(chunk, isEnd && (flush === 'send' || (flush === 'if_quiet' && !hasRead)))
      if (this.#isRefused || this.#context.isStopping()) {
        void next?.then(
          (unused) => unused?.loan.release(),
          () => {},
        )
        return this.#isRefused ? 'refused' : 'stopped'
      }
      if (isReplaced) return 'changed'
      if (next === undefined) return isEnd ? 'end' : 'more'
      ahead = await next
    }
  }

  /** Sends what was left over, when no more can come. */
  async flush(): Promise<void> {
    await this.#take({ loan: this.#context.pool.lend(0), start: 0, from: 0, to: 0, isShort: true }, true)
  }

  async #take(chunk: Chunk, flush: boolean): Promise<void> {
    const isEmpty = chunk.from === chunk.to && !(flush && this.hasCarry)
    if (isEmpty || this.#isRefused || this.#context.isStopping()) return chunk.loan.release()
    try {
      await this.#send(chunk, flush)
    } catch (error) {
      this.#refuse(error)
    }
  }

  #refuse(error: unknown): void {
    if (this.#isRefused) return
    this.#isRefused = true
    this.#context.book.touch(this.checkpoint)
    this.#context.onRefused(this, error)
  }

  /** Reads the header, and goes on behind it. Whether it is known where it ends; a line without an end counts when all is quiet. */
  async #passHeader(content: Content, isQuiet: boolean): Promise<boolean> {
    const { header: pattern } = this.#context
    if (this.#headerEnd !== undefined || pattern === undefined) return true
    const head = await content.head(maxHeaderLength)
    const header = pattern.read(head, isQuiet)
    this.#awaitsHeader = header === undefined && head.length > 0 && head.at(-1) !== newline
    if (header === undefined) return false
    const { id, attributes } = this.source
    const all = [...Object.entries(attributes ?? {}), ...Object.entries(header.attributes)]
    this.source = { id, attributes: attributeMap(all) }
    this.#headerEnd = positionAfter(head.subarray(0, header.end), header.end)
    this.#next = this.#acknowledged
    this.#lineEnd = this.#next
    return true
  }

  /** Reads the bytes before the position once more, to see that they are the same. */
  async #first(content: Content): Promise<Chunk | 'changed' | undefined> {
    const { anchor, offset } = this.#next
    const chunk = await this.#read(content, anchor.length)
    if (chunk === undefined) return undefined
    const bytes = chunk.loan.bytes.subarray(chunk.start, chunk.to)
    const isWhole = offset === anchor.length
    if (beginsWith(bytes, anchor) && (!isWhole || this.#checkFingerprint(bytes))) return chunk
    chunk.loan.release()
    return 'changed'
  }

  /** Reads the beginning once more, unless the first chunk held it. Content that only grew lengthens the fingerprint. */
  async #checkHead(content: Content): Promise<boolean> {
    const { anchor, offset } = this.#next
    if (offset === anchor.length || content.isCompressed) return true
    const size = Math.max(this.#context.fingerprintSize, this.checkpoint.fingerprint.length)
    return this.#checkFingerprint(await content.head(size))
  }

  #checkFingerprint(head: Buffer): boolean {
    const { fingerprint } = this.checkpoint
    if (!beginsWith(head, fingerprint)) return false
    const size = Math.min(head.length, this.#context.fingerprintSize)
    if (size > fingerprint.length) this.#context.book.extend(this.checkpoint, markOf(head.subarray(0, size)))
    return true
  }

  /** Reads a block, and `overlap` bytes before it; what has been read without an end asks for as much again. */
  async #read(content: Content, overlap: number): Promise<Chunk | undefined> {
    const isLong = this.#carry.length > blockSize
    const loan = isLong ? this.#context.pool.lend(headroom + this.#carry.length) : await this.#context.pool.take()
    if (loan === undefined) return undefined
    try {
      const wanted = loan.bytes.length - headroom
      const at = headroom - overlap
      const count = await content.read(loan.bytes, at, wanted + overlap, this.offset - overlap)
      const from = Math.min(headroom, at + count)
      return { loan, start: at, from, to: at + count, isShort: count < wanted + overlap }
    } catch (error) {
      loan.release()
      throw error
    }
  }

  async #send(chunk: Chunk, flush: boolean): Promise<void> {
    const { output, encoding } = this.#context
    const { loan, start, to } = this.#join(chunk)
    const { bytes } = loan
    // Offset in the file of the first byte in `bytes`.
    const base = this.offset - to
    const at = (end: number) => positionAfter(bytes.subarray(start, end), base + end)
    const from = base + start === 0 ? start + encoding.byteOrderMark(bytes, start, to) : start
    const text = encoding.isUtf8 ? undefined : encoding.decode(bytes.subarray(from, to), flush)
    const lines = text ? { bytes: text.bytes, from: 0, to: text.bytes.length } : { bytes, from, to }
    let delivery: LinesDelivery
    try {
      delivery = await output.sendLines({ ...lines, source: this.source, flush })
    } catch (error) {
      loan.release()
      throw error
    }
    const taken = text ? from + text.rawOffset(delivery.consumed) : delivery.consumed
    this.#carry = taken < to ? Buffer.from(bytes.subarray(taken, to)) : noBytes
    if (taken > from) {
      const position = at(taken)
      // Inside a line that is too long, which is thrown away up to its end: a restart must begin with it again.
      const lineEnd = flush ? delivery.consumed : lines.bytes.lastIndexOf(newline, delivery.consumed - 1) + 1
      if (lineEnd === delivery.consumed) this.#lineEnd = position
      else if (lineEnd > lines.from) this.#lineEnd = at(text ? from + text.rawOffset(lineEnd) : lineEnd)
      this.stored = delivery.stored
      this.deliveries.add(this.#lineEnd, delivery.done)
    }
    delivery.done.then(loan.release, loan.release)
  }

  /** What was left over, and the chunk behind it. */
  #join(chunk: Chunk): { loan: Loan; start: number; to: number } {
    const carry = this.#carry
    const { loan, from, to } = chunk
    const length = carry.length + to - from
    const fits = carry.length <= from
    if (fits && length > copiedSize) {
      carry.copy(loan.bytes, from - carry.length)
      return { loan, start: from - carry.length, to }
    }
    const joined = this.#context.pool.lend(length)
    carry.copy(joined.bytes)
    loan.bytes.copy(joined.bytes, carry.length, from, to)
    loan.release()
    return { loan: joined, start: 0, to: length }
  }
}
