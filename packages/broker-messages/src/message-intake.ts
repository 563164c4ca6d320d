import { Buffer } from 'node:buffer'
import {
  type Counter,
  type Delivery,
  type LineSource,
  type LogBatch,
  type Logger,
  type Meter,
  messageOf,
  type Output,
} from '@weir/sdk'
import { decompress } from './compression.ts'
import { encodingName, field, type IncomingMessage } from './message-format.ts'
import { RecordDecoder } from './record-decoder.ts'
import { Unacknowledged } from './unacknowledged.ts'

export interface MessageIntakeOptions {
  output: Output
  /** Of the receiver; sources are told apart by it. */
  componentId: string
  /** Word for the names of metrics: `nats`. */
  name: string
  logger: Logger
  meter: Meter
  now(): number
  /** What messages are: what they say themselves (`auto`), or all of one kind, for brokers whose messages cannot say. */
  encoding?: 'auto' | 'weir' | 'lines'
  /** Give records that are read from lines the attribute `messaging.destination.name`. */
  addAttributes?: boolean
  /** Notes which messages have been sent and are not acknowledged. */
  unacknowledged?: Unacknowledged
  /** Messages that may be delivered and wait for a checkpoint, beyond which one is asked for. Default: 10,000. */
  maxUnstored?: number
}

/** Bytes of messages of lines that are sent on together. */
const maxJoinedBytes = 256 * 1024
/** Bytes of messages that may be delivered and wait for a checkpoint. */
const maxUnstoredBytes = 32 * 2 ** 20
/** Sources beyond which they are learnt anew. */
const maxSources = 10_000
const newline = 0x0a
const lineEnd = Buffer.from('\n')

/** What is in a message: batches, or text for the parser. */
type Content = { readonly batches: readonly LogBatch[] } | { readonly text: Buffer }

/** Takes messages of a broker in: those of Weir as the records that they were made of, all others as lines. */
export class MessageIntake {
  readonly #options: MessageIntakeOptions
  readonly #decoder = new RecordDecoder()
  readonly #sources = new Map<string, LineSource>()
  readonly #messages: Counter
  readonly #bad: Counter
  readonly #unacknowledged: Unacknowledged
  readonly #unstored: { readonly messages: number; readonly bytes: number }
  #unstoredMessages = 0
  #unstoredBytes = 0
  /** A checkpoint was asked for and has not come. The first is wanted at once: it says that this has begun. */
  #isAwaited = false
  #hasStored = false
  #hasWarned = false

  constructor(options: MessageIntakeOptions) {
    this.#options = options
    const { meter, name, unacknowledged = new Unacknowledged(), maxUnstored: messages = 10_000 } = options
    this.#unacknowledged = unacknowledged
    this.#unstored = { messages, bytes: maxUnstoredBytes }
    this.#messages = meter.counter(`weir_receiver_${name}_messages`, {
      description: 'Messages that came, again and again ones included.',
      unit: '{message}',
    })
    this.#bad = meter.counter(`weir_receiver_${name}_bad_messages`, {
      description: 'Messages that were not what they said: read as lines, or refused for good.',
      unit: '{message}',
    })
  }

  /**
   * Sends what is in messages, in order. Resolves when there was room for all of it; each message is told when what was
   * in it has been delivered.
   */
  async take(messages: readonly IncomingMessage[]): Promise<void> {
    this.#messages.add(messages.length)
    let run: { message: IncomingMessage; text: Buffer }[] = []
    let bytes = 0
    const sendRun = async () => {
      if (run.length > 0) await this.#sendLines(run)
      run = []
      bytes = 0
    }
    for (const message of messages) {
      const content = this.#isKnown(message) ? undefined : this.#open(message)
      if (content === undefined) continue
      if ('batches' in content) {
        await sendRun()
        await this.#sendBatches(message, content.batches)
        continue
      }
      const { text } = content
      if (run.length > 0 && (bytes + text.length > maxJoinedBytes || run[0]?.message.source !== message.source)) {
        await sendRun()
      }
      run.push({ message, text })
      bytes += text.length
    }
    await sendRun()
  }

  /** All of it was sent before, and is remembered: it is done. */
  #isKnown(message: IncomingMessage): boolean {
    const { id } = message
    if (id === undefined || this.#unacknowledged.sentEarlier(id) !== Number.POSITIVE_INFINITY) return false
    message.done()
    return true
  }

  /** What is in a message; undefined if it can never be read, which it is told. */
  #open(message: IncomingMessage): Content | undefined {
    let text = message.payload
    const compression = message.field(field.compression)
    if (compression !== undefined) {
      try {
        text = decompress(text, compression)
      } catch (error) {
        return this.#refuse(message, `it cannot be decompressed: ${messageOf(error)}`)
      }
    }
    const { encoding: known = 'auto' } = this.#options
    const encoding = known === 'weir' ? encodingName : message.field(field.encoding)
    if (encoding === undefined || known === 'lines') return { text }
    if (encoding !== encodingName) return this.#refuse(message, `its encoding "${encoding}" is of a newer version`)
    try {
      return { batches: this.#decoder.decode(text, this.#optionsOf(message)) }
    } catch (error) {
      this.#warn(message, `it is read as lines: ${messageOf(error)}`)
      return { text }
    }
  }

  #optionsOf(message: IncomingMessage) {
    const { componentId, now } = this.#options
    const observed = Number(message.field(field.observedTime) ?? Number.NaN)
    const origin = message.field(field.source)
    return {
      // What came from one source is in order within one subject or stream, and between two of these it is not.
      source: [componentId, message.source, ...(origin === undefined ? [] : [origin])].join(':'),
      observedTime: Number.isNaN(observed) ? now() : observed,
    }
  }

  #refuse(message: IncomingMessage, reason: string): undefined {
    this.#warn(message, `it is refused for good: ${reason}`)
    message.refused(reason)
  }

  /** Counts every bad message, and logs the first. */
  #warn({ source }: IncomingMessage, what: string): void {
    this.#bad.add(1)
    if (!this.#hasWarned) this.#options.logger.warn({ source }, `a message is not what it says, ${what}`)
    this.#hasWarned = true
  }

  async #sendBatches(message: IncomingMessage, batches: readonly LogBatch[]): Promise<void> {
    const { id } = message
    const sentEarlier = id === undefined ? 0 : this.#unacknowledged.sentEarlier(id)
    await this.#settle([message], async (add) => {
      for (const [index, batch] of batches.entries()) {
        if (index < sentEarlier) continue
        add(await this.#options.output.send(batch))
        if (id !== undefined && index + 1 < batches.length) this.#unacknowledged.sent(id, index + 1)
      }
      if (id !== undefined) this.#unacknowledged.sent(id)
    })
  }

  async #sendLines(run: readonly { message: IncomingMessage; text: Buffer }[]): Promise<void> {
    const messages = run.map(({ message }) => message)
    const bytes = Buffer.concat(run.flatMap(({ text }) => (text.at(-1) === newline ? [text] : [text, lineEnd])))
    const source = this.#sourceOf(messages[0]?.source ?? '')
    await this.#settle(messages, async (add) => {
      add(await this.#options.output.sendLines({ bytes, from: 0, to: bytes.length, source, flush: true }))
      for (const { id } of messages) if (id !== undefined) this.#unacknowledged.sent(id)
    })
  }

  #sourceOf(name: string): LineSource {
    const known = this.#sources.get(name)
    if (known !== undefined) return known
    const attributes = this.#options.addAttributes ? { attributes: { 'messaging.destination.name': name } } : {}
    const source = { id: `${this.#options.componentId}:${name}`, ...attributes }
    if (this.#sources.size >= maxSources) this.#sources.clear()
    this.#sources.set(name, source)
    return source
  }

  /** Sends, and tells messages what becomes of it; resolves when it has been sent. */
  async #settle(
    messages: readonly IncomingMessage[],
    send: (add: (delivery: Delivery) => void) => Promise<void>,
  ): Promise<void> {
    const done: Promise<void>[] = []
    const stored: Promise<void>[] = []
    let reason: { error: unknown } | undefined
    try {
      await send((delivery) => {
        // Heard of below, when everything has been sent.
        for (const promise of [delivery.done, delivery.stored]) promise.catch(() => {})
        done.push(delivery.done)
        stored.push(delivery.stored)
      })
    } catch (error) {
      reason = { error }
    }
    if (reason !== undefined) stored.push(Promise.reject(reason.error))
    const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0)
    const count = (sign: 1 | -1) => {
      this.#unstoredMessages += sign * messages.length
      this.#unstoredBytes += sign * bytes
    }
    // Rejects only with what rejects `stored` as well.
    const delivered = Promise.all(done).then(
      () => {
        count(1)
        this.#hurry()
      },
      () => count(1),
    )
    Promise.all([...stored, delivered]).then(
      () => {
        count(-1)
        this.#isAwaited = false
        this.#hasStored = true
        for (const message of messages) message.done()
      },
      async (error: unknown) => {
        await delivered
        count(-1)
        for (const message of messages) {
          if (message.id !== undefined) this.#unacknowledged.failed(message.id)
          message.failed(error)
        }
      },
    )
  }

  /** Asks for a checkpoint where too much waits for one. */
  #hurry(): void {
    const isMuch =
      !this.#hasStored ||
      this.#unstoredMessages >= this.#unstored.messages ||
      this.#unstoredBytes >= this.#unstored.bytes
    if (!isMuch || this.#isAwaited) return
    this.#isAwaited = true
    this.#options.output.storeSoon()
  }
}
