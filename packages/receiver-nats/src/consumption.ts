import { Buffer } from 'node:buffer'
import { AckPolicy, type Consumer, type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { IncomingMessage, MessageIntake } from '@weir/broker-messages'
import type { NatsClient } from '@weir/nats-connection'
import type { NatsReceiverConfig } from './config.ts'
import type { InFlight } from './in-flight.ts'

export interface ConsumptionOptions {
  readonly client: NatsClient
  readonly config: NatsReceiverConfig
  /** Name of the durable consumer. */
  readonly durable: string
  /** What it is to be given; undefined: everything. */
  readonly subject: string | undefined
  readonly intake: MessageIntake
  readonly inFlight: InFlight
  /** Called when the server has let us begin. */
  onBegin(): void
}

const policies = { all: DeliverPolicy.All, new: DeliverPolicy.New, last: DeliverPolicy.Last }
/** How long one request for messages is open. */
const expiresMs = 5000
/** Messages of a first request: nobody knows yet how large they are. */
const firstMessages = 16

/** Takes what one durable consumer has to give, as fast as the pipeline has room for it. */
export class Consumption {
  readonly #options: ConsumptionOptions
  #queue: JsMsg[] = []
  #queuedBytes = 0
  #averageBytes = 0
  #fetched: ConsumerMessages | undefined
  #isStopped = false
  #change = Promise.withResolvers<void>()

  constructor(options: ConsumptionOptions) {
    this.#options = options
  }

  /** Runs until it is stopped. @throws when the server does not give any more */
  async run(): Promise<void> {
    const consumer = await this.#consumer()
    this.#options.onBegin()
    let failure: { error: unknown } | undefined
    const asking = this.#ask(consumer)
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => this.stop())
    while (!this.#isStopped || this.#queue.length > 0) {
      if (this.#isStopped) this.#giveBack()
      else if (this.#queue.length > 0) await this.#send()
      else await this.#change.promise
    }
    await asking
    if (failure !== undefined) throw failure.error
  }

  /** Asks for no more. What has not been sent goes back. */
  stop(): void {
    this.#isStopped = true
    this.#fetched?.stop()
    this.#changed()
  }

  /** Lets both loops look again. */
  #changed(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }

  async #consumer(): Promise<Consumer> {
    const { client, config, durable, subject } = this.#options
    const { manager, jetstream } = client
    await manager.consumers.add(config.stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(config.ack_wait),
      deliver_policy: policies[config.deliver_policy],
      max_ack_pending: config.max_ack_pending,
      max_deliver: config.max_deliver === 0 ? -1 : config.max_deliver,
      ...(subject === undefined ? {} : { filter_subject: subject }),
    })
    return jetstream.consumers.get(config.stream, durable)
  }

  /** Keeps one request open, as long as there is room for what it may bring. */
  async #ask(consumer: Consumer): Promise<void> {
    while (!this.#isStopped) {
      const count = this.#room()
      if (count === 0) {
        await this.#change.promise
        continue
      }
      const fetched = await consumer.fetch({ max_messages: count, expires: expiresMs })
      this.#fetched = fetched
      if (this.#isStopped) fetched.stop()
      for await (const message of fetched) this.#add(message)
    }
  }

  /** Messages for which there is room; 0 if there is none. */
  #room(): number {
    const { max_bytes: maxBytes, max_messages: maxMessages } = this.#options.config
    const room = maxBytes - this.#queuedBytes
    if (room <= 0) return 0
    const fitting = this.#averageBytes === 0 ? firstMessages : Math.floor(room / this.#averageBytes)
    return Math.min(maxMessages, Math.max(fitting, this.#queue.length === 0 ? 1 : 0))
  }

  #add(message: JsMsg): void {
    const { length } = message.data
    this.#averageBytes += (length + 1 - this.#averageBytes) / (this.#averageBytes === 0 ? 1 : 16)
    this.#options.inFlight.add(message)
    this.#queue.push(message)
    this.#queuedBytes += length
    this.#changed()
  }

  /** Sends what there is; resolves when there was room for it. */
  async #send(): Promise<void> {
    const messages = this.#queue
    this.#queue = []
    await this.#options.intake.take(messages.map((message) => this.#incoming(message)))
    for (const { data } of messages) this.#queuedBytes -= data.length
    this.#changed()
  }

  /** Not at once: a server may still hold a request of ours that is young to be open, and give messages to that. */
  #giveBack(): void {
    const { inFlight, config } = this.#options
    for (const message of this.#queue.splice(0)) if (inFlight.delete(message)) message.nak(config.nak_delay)
    this.#queuedBytes = 0
  }

  #incoming(message: JsMsg): IncomingMessage {
    const { inFlight, config } = this.#options
    const { data, headers } = message
    const settle = (tell: () => void) => {
      if (inFlight.delete(message)) tell()
    }
    return {
      payload: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      field: (name) => headers?.get(name) || undefined,
      source: message.subject,
      done: () => settle(() => message.ack()),
      failed: () => settle(() => message.nak(config.nak_delay)),
      // Without the reason: servers before 2.10 do not understand one.
      refused: () => settle(() => message.term()),
    }
  }
}
