import { randomUUID } from 'node:crypto'
import { MessageIntake, Unacknowledged } from '@weir/broker-messages'
import { checkConnection, RedisLink, redisError } from '@weir/redis-connection'
import {
  type Checkpoint,
  type Clock,
  type Logger,
  type Meter,
  type Output,
  type Receiver,
  type RunMode,
  type State,
  WeirError,
} from '@weir/sdk'
import { Acknowledgements } from './acknowledgements.ts'
import { ChannelSubscription } from './channel-subscription.ts'
import type { RedisReceiverConfig } from './config.ts'
import { type Entry, keyOf } from './entry.ts'
import { StreamConsumption } from './stream-consumption.ts'

export interface RedisReceiverOptions {
  readonly config: RedisReceiverConfig
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly runMode: RunMode
  readonly state: State
}

const firstRetryMs = 500
const lastRetryMs = 10_000
const mark = '{partition}'
/** Keys of the state. */
const keys = { consumer: 'consumer', unacknowledged: 'unacknowledged' } as const

/** Consumes streams, or listens on channels. While there is no server, no stream or no permission, it tries again. */
export class RedisReceiver implements Receiver {
  readonly #options: RedisReceiverOptions
  readonly #streams: readonly string[]
  readonly #telling: RedisLink
  readonly #reading: RedisLink
  readonly #inFlight = new Map<string, Entry>()
  readonly #acknowledgements: Acknowledgements
  readonly #unacknowledged: Unacknowledged
  readonly #consumer: string
  #hasCheckpoints = false
  readonly #stopping = new AbortController()
  #source: StreamConsumption | ChannelSubscription | undefined
  #running: Promise<void> | undefined
  #lastError = ''

  constructor(options: RedisReceiverOptions) {
    const { config, componentId, logger, runMode } = options
    this.#options = options
    this.#streams = streamsOf(config)
    const link = { config, componentId, logger, baseDir: runMode.baseDir }
    this.#telling = new RedisLink(link)
    this.#reading = new RedisLink(link)
    this.#unacknowledged = new Unacknowledged(options.state.get(keys.unacknowledged))
    this.#acknowledgements = new Acknowledgements(config.group, config.delete_after_ack, (stream, id) =>
      this.#unacknowledged.acknowledged(keyOf({ stream, id }), true),
    )
    // Now, since what is written later may only be stored with a checkpoint, and the name must outlive a crash before that.
    this.#consumer = this.#consumerName()
  }

  start(output: Output): void {
    const { config, componentId, logger, meter, clock } = this.#options
    const { encoding, add_attributes: addAttributes } = config
    const now = () => clock.now()
    const intake = new MessageIntake({
      output,
      componentId,
      name: 'redis',
      logger,
      meter,
      now,
      encoding,
      addAttributes,
      unacknowledged: this.#unacknowledged,
    })
    const make = this.#maker(intake)
    void this.#keepRunning(make)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    this.#source?.stop()
    await this.#reading.destroy()
    await this.#running?.catch(() => {})
  }

  checkpoint(): Checkpoint {
    this.#hasCheckpoints = true
    return { [keys.unacknowledged]: this.#unacknowledged.checkpoint() }
  }

  /** What has been stored meanwhile is acknowledged. */
  async close(): Promise<void> {
    if (!this.#acknowledgements.isEmpty) {
      const client = await this.#telling.client().catch(() => undefined)
      if (client !== undefined) await this.#acknowledgements.flush(client).catch(() => {})
    }
    await this.#telling.close().catch(() => {})
    if (this.#hasCheckpoints) this.#options.state.setAll(this.checkpoint())
  }

  /** Makes what brings messages, once for each connection. */
  #maker(intake: MessageIntake): (onBegin: () => void) => StreamConsumption | ChannelSubscription {
    const { config, meter, clock } = this.#options
    const { channels, max_bytes: maxBytes } = config
    if (channels !== undefined) {
      const dropped = meter.counter('weir_receiver_redis_dropped_messages', {
        description: 'Messages of channels for which there was no room, or which were not delivered.',
        unit: '{message}',
      })
      const options = { channels, intake, reading: this.#reading, maxBytes, dropped }
      return (onBegin) => new ChannelSubscription({ ...options, onBegin })
    }
    const options = {
      config,
      intake,
      clock,
      streams: this.#streams,
      consumer: this.#consumer,
      reading: this.#reading,
      telling: this.#telling,
      inFlight: this.#inFlight,
      acknowledgements: this.#acknowledgements,
      unacknowledged: this.#unacknowledged,
    }
    return (onBegin) => new StreamConsumption({ ...options, onBegin })
  }

  /** The same after a restart, so that what this collector has left comes to it again at once. */
  #consumerName(): string {
    const { config, state } = this.#options
    if (config.consumer !== undefined) return config.consumer
    const known = state.get(keys.consumer)
    if (typeof known === 'string') return known
    const made = `weir-${randomUUID()}`
    state.set(keys.consumer, made)
    return made
  }

  async #keepRunning(make: (onBegin: () => void) => StreamConsumption | ChannelSubscription): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    for (let retryMs = firstRetryMs; !signal.aborted; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
      this.#source = make(() => {
        this.#lastError = ''
        retryMs = firstRetryMs
      })
      this.#running = this.#source.run()
      try {
        await this.#running
      } catch (error) {
        if (signal.aborted) return
        this.#report(error, retryMs)
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }

  /** Says what went wrong, once: a server that stays away is no news. */
  #report(error: unknown, retryMs: number): void {
    const { logger, config } = this.#options
    const { message, code, hint } = redisError(error, config.endpoint)
    const fields = { code, hint, retry_in_ms: retryMs }
    const text = `nothing can be received, trying again: ${message}`
    if (message === this.#lastError) logger.debug(fields, text)
    else logger.warn(fields, text)
    this.#lastError = message
  }
}

/** @throws WeirError `WEIR_REDIS_ENDPOINT`, `WEIR_REDIS_PLACE`, `WEIR_BROKER_PARTITIONS` */
export function checkRedisReceiver(config: RedisReceiverConfig): void {
  checkConnection(config)
  const { streams = [], channels, partitions } = config
  if (streams.length > 0 && channels !== undefined) {
    throw new WeirError('streams and channels are given, and a receiver has one of them', {
      code: 'WEIR_REDIS_PLACE',
      hint: 'configure a second receiver for the channels',
      configPath: ['channels'],
    })
  }
  const marked = streams.findIndex((stream) => stream.includes(mark))
  if (marked >= 0 === (partitions !== undefined)) return
  throw new WeirError('partitions and a {partition} in streams go together', {
    code: 'WEIR_BROKER_PARTITIONS',
    hint: 'write streams: [weir:logs:{partition}] and partitions: [0, 1]',
    configPath: partitions === undefined ? ['streams', marked] : ['partitions'],
  })
}

function streamsOf({ streams = ['weir:logs'], partitions }: RedisReceiverConfig): string[] {
  if (partitions === undefined) return streams
  return streams.flatMap((stream) =>
    stream.includes(mark) ? partitions.map((partition) => stream.replaceAll(mark, String(partition))) : [stream],
  )
}
