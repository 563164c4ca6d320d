import type { Buffer } from 'node:buffer'
import type { IncomingMessage, MessageIntake } from '@weir/broker-messages'
import type { RedisLink } from '@weir/redis-connection'
import type { Counter } from '@weir/sdk'

export interface ChannelSubscriptionOptions {
  readonly channels: readonly string[]
  readonly intake: MessageIntake
  readonly reading: RedisLink
  readonly maxBytes: number
  readonly dropped: Counter
  onBegin(): void
}

const isPattern = (channel: string): boolean => /[*?[]/.test(channel)

/** Listens on channels. Nobody can be held back: what finds no room is dropped, counted. */
export class ChannelSubscription {
  readonly #options: ChannelSubscriptionOptions
  #queue: IncomingMessage[] = []
  #queuedBytes = 0
  #isStopped = false
  #change = Promise.withResolvers<void>()

  constructor(options: ChannelSubscriptionOptions) {
    this.#options = options
  }

  /** Runs until it is stopped. @throws when the connection is lost, or the server refuses */
  async run(): Promise<void> {
    const { channels, reading, onBegin } = this.#options
    const client = await reading.client()
    let lost: { error: unknown } | undefined
    const lose = (error: unknown) => {
      lost = { error }
      this.#changed()
    }
    client.on('error', lose)
    client.on('end', () => lose(new Error('the connection is closed')))
    const listen = (payload: Buffer, channel: Buffer) => this.#add(payload, channel.toString())
    const names = channels.filter((channel) => !isPattern(channel))
    const patterns = channels.filter(isPattern)
    if (names.length > 0) await client.subscribe(names, listen, true)
    if (patterns.length > 0) await client.pSubscribe(patterns, listen, true)
    onBegin()
    for (;;) {
      if (this.#queue.length > 0) await this.#send()
      else if (this.#isStopped) return
      else if (lost !== undefined) throw lost.error
      else await this.#change.promise
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#changed()
  }

  #changed(): void {
    const { resolve } = this.#change
    this.#change = Promise.withResolvers()
    resolve()
  }

  #add(payload: Buffer, channel: string): void {
    const { maxBytes, dropped } = this.#options
    if (this.#isStopped) return
    if (this.#queuedBytes + payload.length > maxBytes && this.#queuedBytes > 0) {
      dropped.add(1, { reason: 'no_room' })
      return
    }
    this.#queuedBytes += payload.length
    this.#queue.push({
      payload,
      source: channel,
      field: () => undefined,
      done: () => {},
      failed: () => dropped.add(1, { reason: 'not_delivered' }),
      refused: () => {},
    })
    this.#changed()
  }

  async #send(): Promise<void> {
    const messages = this.#queue
    this.#queue = []
    await this.#options.intake.take(messages)
    for (const { payload } of messages) this.#queuedBytes -= payload.length
  }
}
