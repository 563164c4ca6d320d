import { Buffer } from 'node:buffer'
import type { Clock, LineSource, Output, Timer } from '@weir/sdk'
import type { BlockPool } from './block-pool.ts'
import type { FrameSink } from './framer.ts'

export interface GatheringOptions {
  readonly source: LineSource
  readonly output: Output
  readonly clock: Clock
  readonly blocks: BlockPool
  readonly flushMs: number
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

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#queued === 0 && this.#sending === undefined
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
    this.#isDue = true
    this.#send()
    while (this.#sending !== undefined) await this.#sending
    this.#cancel()
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
    const { output, source, blocks, queue, onLost, onRoom } = this.#options
    for (;;) {
      if (this.#full.length === 0 && this.#isDue && this.#filling !== undefined) this.#seal(this.#filling)
      const block = this.#full.shift()
      if (block === undefined) break
      if (this.#filling === undefined) this.#isDue = false
      const { bytes, length } = block
      try {
        const { done } = await output.sendLines({ bytes, from: 0, to: length, source, flush: true })
        done.then(
          () => blocks.give(bytes),
          (error: unknown) => onLost(length, error),
        )
      } catch (error) {
        onLost(length, error)
      }
      this.#queued -= length
      queue.bytes -= length
      onRoom()
    }
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
