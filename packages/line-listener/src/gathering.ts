import { Buffer } from 'node:buffer'
import type { Clock, LineSource, LinesDelivery, Output, Timer } from '@weir/sdk'
import type { BlockPool } from './block-pool.ts'
import type { FrameSink } from './framer.ts'

export interface GatheringOptions {
  readonly source: LineSource
  readonly output: Output
  readonly clock: Clock
  readonly blocks: BlockPool
  readonly flushMs: number
  /**
   * How long a record that the lines to come may continue waits for them. Left out, every message is a record of its own
   * and waits for nothing.
   */
  readonly joinMs?: number | undefined
  /** Bytes that wait at this listener. */
  readonly queue: { bytes: number }
  readonly newlines: 'escape' | 'space' | 'split'
  /** Bytes were sent, so there is room. */
  onRoom(): void
  onLost(bytes: number, error: unknown): void
}

interface Block {
  readonly bytes: Buffer
  length: number
}

const nothing: Buffer = Buffer.alloc(0)
const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
/** How rsyslog writes a line feed: in octal. */
const escaped = Buffer.from('#012')

/**
 * Gathers messages of one source in blocks, a line each, and sends a block when it is full or has waited long enough.
 * One block is under way at a time; what comes meanwhile makes the next one larger, so that load makes sending cheaper.
 */
export class Gathering implements FrameSink {
  readonly #options: GatheringOptions
  readonly #full: Block[] = []
  #filling: Block | undefined
  #queued = 0
  #timer: Timer | undefined
  /** What is gathered has waited long enough. */
  #isDue = false
  #sending: Promise<void> | undefined
  /** The beginning of a record that lines to come may continue. */
  #rest: Buffer = nothing
  #restTimer: Timer | undefined
  /** What there is of a record is all of it. */
  #isOver = false

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#queued === 0 && this.#sending === undefined && this.#rest.length === 0
  }

  lines(bytes: Buffer, from: number, to: number): void {
    const block = this.#blockFor(to - from)
    bytes.copy(block.bytes, block.length, from, to)
    this.#grow(block, to - from)
  }

  message(bytes: Buffer, from: number, to: number): void {
    const end = contentEnd(bytes, from, to)
    if (end === from) return
    const length = end - from
    const block = this.#blockFor(length + 1)
    const target = block.bytes
    const last = block.length + length
    bytes.copy(target, block.length, from, end)
    target[last] = lineFeed
    const { newlines } = this.#options
    if (newlines !== 'split') {
      for (let at = target.indexOf(lineFeed, block.length); at < last; at = target.indexOf(lineFeed, at + 1)) {
        if (newlines === 'escape') {
          this.#escape(bytes, from, end)
          return
        }
        target[at] = space
      }
    }
    this.#grow(block, length + 1)
  }

  /** Sends what is there and waits until it has been taken. */
  async drain(): Promise<void> {
    this.finish()
    while (this.#sending !== undefined) await this.#sending
    this.#cancel()
    this.#restTimer?.cancel()
  }

  /** Nothing more is coming for now: sends what is there. */
  finish(): void {
    this.#isDue = true
    this.#isOver = true
    this.#send()
  }

  #cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #escape(bytes: Buffer, from: number, to: number): void {
    let count = 0
    for (let at = from; at < to; at++) if (bytes[at] === lineFeed) count++
    const length = to - from + count * (escaped.length - 1) + 1
    const block = this.#blockFor(length)
    let end = block.length
    for (let at = from; at < to; at++) {
      if (bytes[at] === lineFeed) end += escaped.copy(block.bytes, end)
      else block.bytes[end++] = bytes[at] ?? 0
    }
    block.bytes[end] = lineFeed
    this.#grow(block, length)
  }

  #blockFor(length: number): Block {
    const { blocks, clock, flushMs } = this.#options
    let block = this.#filling
    if (block !== undefined && block.length + length > block.bytes.length) {
      this.#seal(block)
      block = undefined
      this.#send()
    }
    if (block === undefined) {
      block = { bytes: blocks.take(length), length: 0 }
      this.#filling = block
      this.#timer ??= clock.after(flushMs, () => {
        this.#timer = undefined
        this.#isDue = true
        this.#send()
      })
    }
    return block
  }

  #grow(block: Block, length: number): void {
    block.length += length
    this.#queued += length
    this.#options.queue.bytes += length
  }

  #seal(block: Block): void {
    this.#full.push(block)
    this.#filling = undefined
  }

  #send(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
      if (this.#full.length > 0 || (this.#isDue && this.#filling !== undefined)) this.#send()
      else {
        if (this.#queued === 0) this.#cancel()
        this.#options.onRoom()
      }
    })
  }

  async #sendAll(): Promise<void> {
    const { blocks, queue, onLost, onRoom } = this.#options
    for (;;) {
      if (this.#full.length === 0 && this.#isDue && this.#filling !== undefined) this.#seal(this.#filling)
      const block =
        this.#full.shift() ?? (this.#isOver && this.#rest.length > 0 ? { bytes: nothing, length: 0 } : undefined)
      if (block === undefined) break
      if (this.#filling === undefined) this.#isDue = false
      const { length } = block
      const pending = this.#rest.length + length
      try {
        const { done, consumed } = await this.#sendBlock(block)
        done.then(
          () => blocks.give(block.bytes),
          (error: unknown) => onLost(consumed, error),
        )
      } catch (error) {
        onLost(pending, error)
      }
      this.#queued -= length
      queue.bytes -= length
      onRoom()
    }
    this.#isOver = false
  }

  /** Sends a block behind what was left of the one before, and keeps what may be the beginning of a record. */
  async #sendBlock(block: Block): Promise<LinesDelivery> {
    const { output, source, clock, joinMs } = this.#options
    const rest = this.#rest
    const bytes = rest.length === 0 ? block.bytes : Buffer.concat([rest, block.bytes.subarray(0, block.length)])
    const to = rest.length + block.length
    this.#rest = nothing
    this.#restTimer?.cancel()
    const flush = joinMs === undefined || (this.#isOver && this.#full.length === 0 && this.#filling === undefined)
    const delivery = await output.sendLines({ bytes, from: 0, to, source, flush })
    if (delivery.consumed < to) {
      this.#rest = Buffer.from(bytes.subarray(delivery.consumed, to))
      this.#restTimer = clock.after(joinMs ?? 0, () => this.finish())
    }
    return delivery
  }
}

function contentEnd(bytes: Buffer, from: number, to: number): number {
  let end = to
  for (; end > from; end--) {
    const byte = bytes[end - 1]
    if (byte !== lineFeed && byte !== carriageReturn && byte !== 0) break
  }
  return end
}
