import { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { LineSource, Output } from './delivery.ts'
import type { Clock, Timer } from './token.ts'

export interface StreamLinesOptions {
  readonly stream: Readable
  readonly source: LineSource
  readonly output: Output
  readonly clock: Clock
  /** How long an incomplete record waits for more before it is sent, in milliseconds; 0 for ever. */
  readonly flushMs: number
  /** Bytes were read and could not be delivered. */
  onLost(bytes: number, error: unknown): void
}

/** An unfinished line longer than this is offered again only when it has doubled, or ended. */
const patientBytes = 64 << 10
const newline = 10
const nothing: Buffer = Buffer.alloc(0)

/**
 * Sends the lines of a stream of bytes that cannot be read again (standard input, the output of a command), no faster
 * than the pipeline takes them. For receivers that declare `reads: 'lines'`.
 */
export class StreamLines {
  readonly #options: StreamLinesOptions
  /** What the pipeline has not taken: the beginning of a record. */
  #rest: Buffer = nothing
  /** What came after it and has not been offered. */
  #more: Buffer[] = []
  #moreBytes = 0
  #timer: Timer | undefined
  /** The sending under way: lines are sent one after the other. */
  #sending: Promise<void> = Promise.resolve()

  constructor(options: StreamLinesOptions) {
    this.#options = options
  }

  /**
   * Reads until the stream ends or is destroyed, and sends what it has read, an unfinished line too. Called once.
   * @throws what the stream fails with, after that
   */
  async read(): Promise<void> {
    try {
      for await (const chunk of this.#options.stream) {
        this.#timer?.cancel()
        this.#timer = undefined
        await this.#take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk))
        this.#flushLater()
      }
    } finally {
      this.#timer?.cancel()
      await this.#send(true)
    }
  }

  #take(chunk: Buffer): Promise<void> | undefined {
    this.#more.push(chunk)
    this.#moreBytes += chunk.length
    const held = this.#rest.length
    const isTooSoon = held > patientBytes && this.#moreBytes < held && !chunk.includes(newline)
    return isTooSoon ? undefined : this.#send(false)
  }

  #flushLater(): void {
    const { clock, flushMs } = this.#options
    if (flushMs === 0 || this.#rest.length + this.#moreBytes === 0) return
    this.#timer = clock.after(flushMs, () => {
      this.#timer = undefined
      void this.#send(true)
    })
  }

  #send(flush: boolean): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendNow(flush))
    return this.#sending
  }

  async #sendNow(flush: boolean): Promise<void> {
    const { output, source, onLost } = this.#options
    const pieces = this.#rest.length > 0 ? [this.#rest, ...this.#more] : this.#more
    const bytes = pieces.length === 1 ? (pieces[0] ?? nothing) : Buffer.concat(pieces)
    this.#more = []
    this.#moreBytes = 0
    this.#rest = nothing
    if (bytes.length === 0) return
    try {
      const { consumed, done } = await output.sendLines({ bytes, from: 0, to: bytes.length, source, flush })
      this.#rest = bytes.subarray(consumed)
      done.catch((error: unknown) => onLost(consumed, error))
    } catch (error) {
      onLost(bytes.length, error)
    }
  }
}
