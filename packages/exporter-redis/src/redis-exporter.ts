import { MessageEncoder, type OutgoingMessage, Publisher, Router } from '@weir/broker-messages'
import { checkConnection, type RedisClient, RedisLink, redisError } from '@weir/redis-connection'
import { type ExportContext, type Exporter, type LogBatch, type Logger, type RunMode, WeirError } from '@weir/sdk'
import type { RedisExporterConfig } from './config.ts'

export interface RedisExporterOptions {
  readonly config: RedisExporterConfig
  readonly componentId: string
  readonly logger: Logger
  readonly runMode: RunMode
}

type Kind = 'stream' | 'channel' | 'list'

const routerOf = (config: RedisExporterConfig): Router => {
  const { kind, template } = placeOf(config)
  return new Router({ template, key: kind, partitions: config.partitions, partitionBy: config.partition_by })
}

/** @throws WeirError `WEIR_REDIS_ENDPOINT`, `WEIR_REDIS_PLACE`, `WEIR_REDIS_COMPRESSION`, `WEIR_BROKER_PARTITIONS`, `WEIR_TEMPLATE_INVALID` */
export function checkRedisExporter(config: RedisExporterConfig): void {
  checkConnection(config)
  const { stream, channel, list } = config
  const given = Object.entries({ stream, channel, list }).flatMap(([kind, place]) =>
    place === undefined ? [] : [kind],
  )
  const [, second] = given
  if (second !== undefined) {
    throw new WeirError(`${given.join(' and ')} are given, and there is one place to write to`, {
      code: 'WEIR_REDIS_PLACE',
      hint: 'leave one of them, and configure a second exporter for the other',
      configPath: [second],
    })
  }
  const { kind } = placeOf(config)
  if (kind !== 'stream' && config.compression !== 'none') {
    throw new WeirError(`compression is for streams alone: a message of a ${kind} cannot say that it is compressed`, {
      code: 'WEIR_REDIS_COMPRESSION',
      hint: 'leave compression out, or write to a stream',
      configPath: ['compression'],
    })
  }
  routerOf(config)
}

/** Writes batches to Redis. */
export class RedisExporter implements Exporter {
  readonly #config: RedisExporterConfig
  readonly #link: RedisLink
  readonly #publisher: Publisher
  readonly #kind: Kind

  constructor({ config, componentId, logger, runMode }: RedisExporterOptions) {
    this.#config = config
    this.#kind = placeOf(config).kind
    this.#link = new RedisLink({ config, componentId, logger, baseDir: runMode.baseDir })
    const encoder = new MessageEncoder({
      router: routerOf(config),
      maxBytes: config.max_message_size,
      maxRecords: config.max_records,
      compression: config.compression,
    })
    this.#publisher = new Publisher(encoder)
  }

  async export(batch: LogBatch, { abortSignal }: ExportContext): Promise<void> {
    try {
      const client = await this.#link.client()
      await this.#publisher.publish(batch, abortSignal, (message) => this.#write(client, message))
    } catch (error) {
      throw abortSignal.aborted ? abortSignal.reason : redisError(error, this.#link.endpoint)
    }
  }

  async stop(): Promise<void> {
    await this.#link.destroy()
  }

  async #write(client: RedisClient, { destination, payload, fields }: OutgoingMessage): Promise<boolean> {
    const { body_key: bodyKey, max_length: threshold } = this.#config
    if (this.#kind === 'channel') await client.publish(destination, payload)
    else if (this.#kind === 'list') await client.rPush(destination, payload)
    else {
      const trim = { strategy: 'MAXLEN' as const, strategyModifier: '~' as const }
      const options = threshold === undefined ? {} : { TRIM: { ...trim, threshold } }
      await client.xAdd(destination, '*', { [bodyKey]: payload, ...fields }, options)
    }
    return true
  }
}

function placeOf({ stream, channel, list }: RedisExporterConfig): { kind: Kind; template: string } {
  if (channel !== undefined) return { kind: 'channel', template: channel }
  if (list !== undefined) return { kind: 'list', template: list }
  return { kind: 'stream', template: stream ?? 'weir:logs' }
}
