import type { Readable } from 'node:stream'
import {
  type Clock,
  type Counter,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  type Receiver,
  StreamLines,
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

const taken = new WeakSet<Readable>()

/** Reads a stream of lines, no faster than the pipeline takes them. */
export class StdinReceiver implements Receiver {
  readonly #options: StdinReceiverOptions
  readonly #lost: Counter
  #reading: Promise<void> | undefined
  #isStopping = false
  #hasWarned = false

  constructor(options: StdinReceiverOptions) {
    this.#options = options
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
    const { stream, componentId, clock, flushMs, logger } = this.#options
    const onLost = (bytes: number, error: unknown) => this.#lose(bytes, error)
    try {
      await new StreamLines({ stream, source: { id: componentId }, output, clock, flushMs, onLost }).read()
    } catch (error) {
      if (!this.#isStopping) logger.error(`standard input cannot be read: ${messageOf(error)}`)
    }
    output.end()
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
