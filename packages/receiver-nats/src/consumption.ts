import { AckPolicy, type Consumer, type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
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
  /** Bytes that may wait here. */
  readonly maxBytes: number
  readonly inFlight: InFlight
  /**
   * Waits until what a run before was given and nobody has acknowledged is given out again.
   * @param isAlone nobody else asks for messages
   * @returns whether there was reason to: then that goes first, in order
   */
  awaitEarlier(isAlone: boolean): Promise<boolean>
  /** Called when the server has let us begin. */
  onBegin(): void
  /** Called when something has come, or nothing more will. */
  onChange(): void
}

const policies = { all: DeliverPolicy.All, new: DeliverPolicy.New, last: DeliverPolicy.Last }
/** How long one request for messages is open. */
const expiresMs = 5000
/** The same for messages that have been given out before, and are there or nowhere. */
const earlierExpiresMs = 1000
/** Messages of a first request: nobody knows yet how large they are. */
const firstMessages = 16

/** Brings what one durable consumer has to give, as long as there is room for it. */
export class Consumption {
  readonly #options: ConsumptionOptions
  readonly #queue: JsMsg[] = []
  #queuedBytes = 0
  #averageBytes = 0
  #fetched: ConsumerMessages | undefined
  #isStopped = false
  /** Whether the server has more than it has brought. */
  #isBehind = true
  #room = Promise.withResolvers<void>()

  constructor(options: ConsumptionOptions) {
    this.#options = options
  }

  /** The message that is next, if one has come. */
  get head(): JsMsg | undefined {
    return this.#queue[0]
  }

  /** Nothing has come that could be next, but something is on its way. */
  get isAwaited(): boolean {
    return this.#queue.length === 0 && this.#isBehind && !this.#isStopped
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#queue.length === 0 && this.#isStopped
  }

  /** Runs until it is stopped. @throws when the server does not give any more */
  async run(): Promise<void> {
    try {
      const consumer = await this.#consumer()
      this.#options.onBegin()
      while (!this.#isStopped) {
        const count = this.#count()
        if (count === 0) await this.#room.promise
        else await this.#fetch(consumer, count)
      }
    } finally {
      this.stop()
    }
  }

  /** Asks for no more. */
  stop(): void {
    this.#isStopped = true
    this.#fetched?.stop()
    this.#room.resolve()
    this.#options.onChange()
  }

  /** Takes the next message out. It counts as waiting until it has been `sent`. */
  shift(): JsMsg | undefined {
    return this.#queue.shift()
  }

  /** A message has found its room. */
  sent({ data }: JsMsg): void {
    this.#queuedBytes -= data.length
    const { resolve } = this.#room
    this.#room = Promise.withResolvers()
    resolve()
  }

  /**
   * Gives back what has not been taken out. Not at once: a server may still hold a request of ours that is young to be
   * open, and give messages to that.
   */
  giveBack(): void {
    const { inFlight, config } = this.#options
    for (const message of this.#queue.splice(0)) for (const each of inFlight.take(message)) each.nak(config.nak_delay)
  }

  async #consumer(): Promise<Consumer> {
    const { client, config, durable, subject, awaitEarlier } = this.#options
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
    const consumer = await jetstream.consumers.get(config.stream, durable)
    const { num_pending: left, num_ack_pending: out, num_waiting: requests, delivered } = await consumer.info()
    this.#behind(left > 0 || out > 0)
    // What has not been given out yet would come first.
    if (out > 0 && (await awaitEarlier(requests === 0))) await this.#takeEarlier(consumer, out, delivered.stream_seq)
    return consumer
  }

  /**
   * Takes what was given out before. The server gives that out before all else, but in the order in which it was missed:
   * what a run took that was killed soon comes behind the rest.
   */
  async #takeEarlier(consumer: Consumer, out: number, last: number): Promise<void> {
    const { inFlight, config } = this.#options
    const earlier: JsMsg[] = []
    for (let isMore = true; isMore && !this.#isStopped; ) {
      const count = Math.min(out - earlier.length, config.max_messages)
      const fetched = await consumer.fetch({ max_messages: count, expires: earlierExpiresMs })
      this.#fetched = fetched
      if (this.#isStopped) fetched.stop()
      let came = 0
      for await (const message of fetched) {
        came++
        if (inFlight.add(message)) earlier.push(message)
      }
      isMore = came === count && earlier.length < out && earlier.every(({ seq }) => seq <= last)
    }
    for (const message of earlier.sort((one, other) => one.seq - other.seq)) this.#enqueue(message)
    this.#behind(earlier.at(-1)?.info.pending !== 0)
  }

  /** Asks once, for as long as the answer takes. */
  async #fetch(consumer: Consumer, count: number): Promise<void> {
    const fetched = await consumer.fetch({ max_messages: count, expires: expiresMs })
    this.#fetched = fetched
    if (this.#isStopped) fetched.stop()
    let isEmpty = true
    for await (const message of fetched) {
      isEmpty = false
      this.#add(message)
    }
    // What there was may have gone to another collector.
    if (isEmpty) this.#behind(false)
  }

  /** Messages for which there is room; 0 if there is none. */
  #count(): number {
    const room = this.#options.maxBytes - this.#queuedBytes
    if (room <= 0) return 0
    const fitting = this.#averageBytes === 0 ? firstMessages : Math.floor(room / this.#averageBytes)
    return Math.min(this.#options.config.max_messages, Math.max(fitting, this.#queuedBytes === 0 ? 1 : 0))
  }

  #add(message: JsMsg): void {
    if (this.#options.inFlight.add(message)) this.#enqueue(message)
    this.#behind(message.info.pending > 0)
  }

  #enqueue(message: JsMsg): void {
    const { length } = message.data
    this.#averageBytes += (length + 1 - this.#averageBytes) / (this.#averageBytes === 0 ? 1 : 16)
    this.#queue.push(message)
    this.#queuedBytes += length
  }

  #behind(isBehind: boolean): void {
    this.#isBehind = isBehind
    this.#options.onChange()
  }
}
