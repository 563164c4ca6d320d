import { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import {
  type Clock,
  type Counter,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  type Receiver,
  type Timer,
} from '@weir/sdk'
import { stdinTaken } from './errors.ts'

export interface StdinReceiverOptions {
  readonly stream: Readable
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  /** How long an incomplete record waits for more before it is sent; 0 for ever. */
  readonly flushMs: number
}

/** An unfinished line longer than this is offered again only when it has doubled, or ended. */
const patientBytes = 64 << 10
const newline = 10
const nothing: Buffer = Buffer.alloc(0)
const taken = new WeakSet<Readable>()

/** Reads a stream of lines, no faster than the pipeline takes them. */
export class StdinReceiver implements Receiver {
  readonly #options: StdinReceiverOptions
  readonly #source: { readonly id: string }
  readonly #lost: Counter
  /** What the pipeline has not taken: the beginning of a record. */
  #rest: Buffer = nothing
  /** What came after it and has not been offered. */
  #more: Buffer[] = []
  #moreBytes = 0
  #timer: Timer | undefined
  /** The sending under way: lines are sent one after the other. */
  #sending: Promise<void> = Promise.resolve()
  #reading: Promise<void> | undefined
  #isStopping = false
  #hasWarned = false

  constructor(options: StdinReceiverOptions) {
    this.#options = options
    this.#source = { id: options.componentId }
    this.#lost = options.meter.counter('weir_receiver_stdin_lost_bytes', {
      description: 'Bytes that were read and could not be delivered; standard input cannot be read again',
      unit: 'By',
    })
  }

  /** @throws WeirError `WEIR_STDIN_TAKEN` */
  start(output: Output): void {
    const { stream, componentId } = this.#options
    if (taken.has(stream)) throw stdinTaken(componentId)
    taken.add(stream)
    this.#reading = this.#read(output)
  }

  /** What has been read is sent, an unfinished line too: it cannot be read again. */
  async stop(): Promise<void> {
    const { stream } = this.#options
    if (this.#reading === undefined) return
    this.#isStopping = true
    stream.destroy()
    await this.#reading
    taken.delete(stream)
  }

  async #read(output: Output): Promise<void> {
    try {
      for await (const chunk of this.#options.stream) {
        this.#timer?.cancel()
        this.#timer = undefined
        await this.#take(output, Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk))
        this.#flushLater(output)
      }
    } catch (error) {
      if (!this.#isStopping) this.#options.logger.error(`standard input cannot be read: ${messageOf(error)}`)
    }
    this.#timer?.cancel()
    await this.#send(output, true)
    output.end()
  }

  #take(output: Output, chunk: Buffer): Promise<void> | undefined {
    this.#more.push(chunk)
    this.#moreBytes += chunk.length
    const held = this.#rest.length
    const isTooSoon = held > patientBytes && this.#moreBytes < held && !chunk.includes(newline)
    return isTooSoon ? undefined : this.#send(output, false)
  }

  #flushLater(output: Output): void {
    const { clock, flushMs } = this.#options
    if (flushMs === 0 || this.#rest.length + this.#moreBytes === 0) return
    this.#timer = clock.after(flushMs, () => {
      this.#timer = undefined
      void this.#send(output, true)
    })
  }

  #send(output: Output, flush: boolean): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendNow(output, flush))
    return this.#sending
  }

  async #sendNow(output: Output, flush: boolean): Promise<void> {
    const pieces = this.#rest.length > 0 ? [this.#rest, ...this.#more] : this.#more
    const bytes = pieces.length === 1 ? (pieces[0] ?? nothing) : Buffer.concat(pieces)
    this.#more = []
    this.#moreBytes = 0
    this.#rest = nothing
    if (bytes.length === 0) return
    try {
      const { consumed, done } = await output.sendLines({
        bytes,
        from: 0,
        to: bytes.length,
        source: this.#source,
        flush,
      })
      this.#rest = bytes.subarray(consumed)
      done.catch((error: unknown) => this.#lose(consumed, error))
    } catch (error) {
      this.#lose(bytes.length, error)
    }
  }

  #lose(bytes: number, error: unknown): void {
    this.#lost.add(bytes)
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.logger.warn(
      { bytes },
      `lines of standard input were not delivered and cannot be read again: ${messageOf(error)}`,
    )
  }
}
