import type { IncomingMessage, MessageIntake, Unacknowledged } from '@weir/broker-messages'
import type { RedisClient, RedisLink } from '@weir/redis-connection'
import { type Clock, messageOf, RetryableError, type Timer } from '@weir/sdk'
import type { Acknowledgements } from './acknowledgements.ts'
import type { RedisReceiverConfig } from './config.ts'
import { bytesOf, type Entry, entriesOf, entriesOfStreams, keyOf, payloadOf } from './entry.ts'
import { InOrder } from './in-order.ts'

export interface StreamConsumptionOptions {
  readonly config: RedisReceiverConfig
  readonly streams: readonly string[]
  readonly consumer: string
  readonly intake: MessageIntake
  readonly clock: Clock
  /** For commands that wait for entries. */
  readonly reading: RedisLink
  /** For all others. */
  readonly telling: RedisLink
  /** Entries that are neither delivered nor given up, by stream and id, over interruptions. */
  readonly inFlight: Map<string, Entry>
  readonly acknowledgements: Acknowledgements
  readonly unacknowledged: Unacknowledged
  onBegin(): void
}

const blockMs = 1000
/** Entries of a first request: nobody knows yet how large they are. */
const firstEntries = 16

/** Takes the entries that a consumer of a group is given, as fast as the pipeline has room for them. */
export class StreamConsumption {
  readonly #options: StreamConsumptionOptions
  #isStopped = false
  #averageBytes = 0
  #claimed = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(options: StreamConsumptionOptions) {
    this.#options = options
  }

  /** Runs until it is stopped. @throws when the connection is lost, or the server refuses */
  async run(): Promise<void> {
    const { reading, telling, acknowledgements, clock, config, onBegin } = this.#options
    const teller = await telling.client()
    await this.#createGroups(teller)
    await acknowledgements.flush(teller)
    const reader = await reading.client()
    onBegin()
    this.#timer = clock.every(Math.max(1, Math.floor(config.claim_min_idle / 3)), () => void this.#beAtWork())
    try {
      await this.#takeOwn(reader)
      // No other is left with this consumer.
      this.#options.unacknowledged.forgetEarlier()
      await this.#takeNew(reader, teller)
    } catch (error) {
      if (!this.#isStopped) throw error
    } finally {
      this.#timer.cancel()
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #createGroups(client: RedisClient): Promise<void> {
    const { config, streams } = this.#options
    const from = config.start_at === 'beginning' ? '0' : '$'
    for (const stream of streams) {
      try {
        await client.xGroupCreate(stream, config.group, from, config.create_stream ? { MKSTREAM: true } : {})
      } catch (error) {
        const message = messageOf(error)
        if (message.startsWith('BUSYGROUP')) continue
        if (!message.includes('requires the key to exist')) throw error
        throw new RetryableError(`the stream ${stream} is not there`, {
          code: 'WEIR_REDIS_STREAM',
          hint: 'add to it, or set create_stream: true',
        })
      }
    }
  }

  /** What was given to this consumer before, and has not been acknowledged: after a restart, or a lost connection. */
  async #takeOwn(reader: RedisClient): Promise<void> {
    let after = new Map(this.#options.streams.map((stream) => [stream, '0']))
    while (after.size > 0 && !this.#isStopped) {
      const entries = await this.#read(reader, after, this.#count())
      after = new Map(entries.map(({ stream, id }) => [stream, id]))
      await this.#send(this.#begun(entries))
    }
  }

  /** What comes; the next entries are asked for while those before them wait for room. */
  async #takeNew(reader: RedisClient, teller: RedisClient): Promise<void> {
    const { streams, inFlight } = this.#options
    const inOrder = new InOrder()
    const ask = () => {
      const limit = this.#count()
      const free = inOrder.free(streams)
      const latest = new Map(free.map((stream) => [stream, '>']))
      const asked = this.#read(reader, latest, limit, inOrder.held.length === 0).then((entries) => ({
        entries,
        free,
        limit,
      }))
      asked.catch(() => {})
      return asked
    }
    try {
      for (let next = ask(); !this.#isStopped; ) {
        const { entries, free, limit } = await next
        const ready = inOrder.next(this.#begun(entries), free, limit)
        if (this.#isStopped) return
        next = ask()
        await this.#send(ready)
        if (!this.#isStopped) await this.#takeOver(teller)
      }
    } finally {
      for (const entry of inOrder.held) inFlight.delete(keyOf(entry))
    }
  }

  async #read(reader: RedisClient, after: ReadonlyMap<string, string>, limit: number, waits = true): Promise<Entry[]> {
    const { config, consumer } = this.#options
    const args = ['XREADGROUP', 'GROUP', config.group, consumer, 'COUNT', String(limit)]
    const wait = waits ? ['BLOCK', String(blockMs)] : []
    return entriesOfStreams(await reader.sendCommand([...args, ...wait, 'STREAMS', ...after.keys(), ...after.values()]))
  }

  /** What a collector has left that shows no sign of life, looked for as often as one would be missed. */
  async #takeOver(teller: RedisClient): Promise<void> {
    const { config, streams, consumer, clock } = this.#options
    if (clock.monotonic() - this.#claimed < config.claim_min_idle / 2) return
    this.#claimed = clock.monotonic()
    for (const stream of streams) {
      for (let cursor = '0-0'; ; ) {
        const args = ['XAUTOCLAIM', stream, config.group, consumer, String(config.claim_min_idle), cursor]
        const reply: unknown = await teller.sendCommand([...args, 'COUNT', String(this.#count())])
        const [next, entries] = Array.isArray(reply) ? reply : []
        await this.#send(this.#begun(entriesOf(stream, entries)))
        cursor = String(next)
        if (next === undefined || cursor === '0-0' || this.#isStopped) break
      }
    }
  }

  /** How many entries to ask each stream for. */
  #count(): number {
    const { max_bytes: maxBytes, max_messages: maxMessages } = this.#options.config
    if (this.#averageBytes === 0) return Math.min(firstEntries, maxMessages)
    // Half of the room: the next ones are on their way while these wait.
    const room = maxBytes / 2 / this.#options.streams.length
    return Math.max(1, Math.min(maxMessages, Math.floor(room / this.#averageBytes)))
  }

  /** Those of the entries that are not under way already; they are from now on. */
  #begun(entries: readonly Entry[]): Entry[] {
    const { inFlight } = this.#options
    return entries.filter((entry) => {
      if (inFlight.has(keyOf(entry))) return false
      inFlight.set(keyOf(entry), entry)
      this.#averageBytes += (bytesOf(entry) + 1 - this.#averageBytes) / (this.#averageBytes === 0 ? 1 : 16)
      return true
    })
  }

  async #send(entries: readonly Entry[]): Promise<void> {
    const messages: IncomingMessage[] = []
    for (const entry of entries) {
      // Nothing is left of one that was trimmed.
      if (entry.fields.size === 0) this.#acknowledge(entry)
      else messages.push(this.#incoming(entry))
    }
    if (messages.length > 0) await this.#options.intake.take(messages)
  }

  #incoming(entry: Entry): IncomingMessage {
    const { config, inFlight } = this.#options
    return {
      id: keyOf(entry),
      payload: payloadOf(entry, config.body_key),
      source: entry.stream,
      field: (name) => entry.fields.get(name)?.toString(),
      done: () => this.#acknowledge(entry),
      // It stays with the server as not acknowledged, and is taken over when it has been idle for long enough.
      failed: () => void inFlight.delete(keyOf(entry)),
      refused: () => this.#acknowledge(entry),
    }
  }

  #acknowledge(entry: Entry): void {
    const { inFlight, acknowledgements } = this.#options
    inFlight.delete(keyOf(entry))
    if (acknowledgements.add(entry.stream, entry.id)) setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    const { acknowledgements, telling } = this.#options
    // What fails is kept, and the loop that reads learns of the connection by itself.
    await telling
      .client()
      .then((client) => acknowledgements.flush(client))
      .catch(() => {})
  }

  /** Lets the server know that entries are being worked on, so that nobody takes them over. */
  async #beAtWork(): Promise<void> {
    const { inFlight, telling, config, consumer } = this.#options
    const byStream = Map.groupBy(inFlight.values(), ({ stream }) => stream)
    const client = await telling.client().catch(() => undefined)
    if (client === undefined) return
    for (const [stream, entries] of byStream) {
      const ids = entries.map(({ id }) => id)
      await client.xClaimJustId(stream, config.group, consumer, 0, ids).catch(() => {})
    }
  }
}
