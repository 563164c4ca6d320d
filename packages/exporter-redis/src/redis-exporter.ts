import { MessageEncoder, type OutgoingMessage, Router } from '@weir/broker-messages'
import { type RedisClient, RedisLink, redisError } from '@weir/redis-connection'
import { type ExportContext, type Exporter, type LogBatch, type Logger, type RunMode, WeirError } from '@weir/sdk'
import type { RedisExporterConfig } from './config.ts'

export interface RedisExporterOptions {
  readonly config: RedisExporterConfig
  readonly componentId: string
  readonly logger: Logger
  readonly runMode: RunMode
}

type Kind = 'stream' | 'channel' | 'list'

/** Messages of a batch that wait for their answer at once. */
const maxUnanswered = 16

/** Writes batches to Redis. */
export class RedisExporter implements Exporter {
  readonly #config: RedisExporterConfig
  readonly #link: RedisLink
  readonly #encoder: MessageEncoder
  readonly #kind: Kind

  /** @throws WeirError `WEIR_REDIS_PLACE`, `WEIR_REDIS_COMPRESSION`, `WEIR_BROKER_PARTITIONS`, `WEIR_TEMPLATE_INVALID` */
  constructor({ config, componentId, logger, runMode }: RedisExporterOptions) {
    const { kind, template } = placeOf(config)
    if (kind !== 'stream' && config.compression !== 'none') {
      throw new WeirError(`compression is for streams alone: a message of a ${kind} cannot say that it is compressed`, {
        code: 'WEIR_REDIS_COMPRESSION',
        hint: 'leave compression out, or write to a stream',
      })
    }
    this.#config = config
    this.#kind = kind
    this.#link = new RedisLink({ config, componentId, logger, baseDir: runMode.baseDir })
    const { partitions, partition_by: partitionBy } = config
    this.#encoder = new MessageEncoder({
      router: new Router({ template, key: kind, partitions, partitionBy }),
      maxBytes: config.max_message_size,
      maxRecords: config.max_records,
      compression: config.compression,
    })
  }

  async export(batch: LogBatch, { abortSignal }: ExportContext): Promise<void> {
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    const onAbort = () => aborted.reject(abortSignal.reason)
    abortSignal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([this.#writeAll(batch, abortSignal), aborted.promise])
    } catch (error) {
      throw abortSignal.aborted ? abortSignal.reason : redisError(error, this.#link.endpoint)
    } finally {
      abortSignal.removeEventListener('abort', onAbort)
    }
  }

  async stop(): Promise<void> {
    await this.#link.destroy()
  }

  async #writeAll(batch: LogBatch, abortSignal: AbortSignal): Promise<void> {
    const client = await this.#link.client()
    const waiting = new Set<Promise<void>>()
    for await (const message of this.#encoder.unpublished(batch)) {
      abortSignal.throwIfAborted()
      if (waiting.size >= maxUnanswered) await Promise.race(waiting)
      const writing = this.#write(client, message).then(() => {
        this.#encoder.published(batch, message)
        waiting.delete(writing)
      })
      writing.catch(() => {})
      waiting.add(writing)
    }
    const failed = (await Promise.allSettled(waiting)).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    // After a time-out the next attempt needs to know what this one has brought through.
    abortSignal.throwIfAborted()
    this.#encoder.settle(batch)
  }

  async #write(client: RedisClient, { destination, payload, fields }: OutgoingMessage): Promise<void> {
    const { body_key: bodyKey, max_length: threshold } = this.#config
    if (this.#kind === 'channel') await client.publish(destination, payload)
    else if (this.#kind === 'list') await client.rPush(destination, payload)
    else {
      const trim = { strategy: 'MAXLEN' as const, strategyModifier: '~' as const }
      const options = threshold === undefined ? {} : { TRIM: { ...trim, threshold } }
      await client.xAdd(destination, '*', { [bodyKey]: payload, ...fields }, options)
    }
  }
}

function placeOf({ stream, channel, list }: RedisExporterConfig): { kind: Kind; template: string } {
  const given = Object.entries({ stream, channel, list }).filter(([, template]) => template !== undefined)
  if (given.length > 1) {
    throw new WeirError(`${given.map(([kind]) => kind).join(' and ')} are given, and there is one place to write to`, {
      code: 'WEIR_REDIS_PLACE',
      hint: 'leave one of them, and configure a second exporter for the other',
    })
  }
  if (channel !== undefined) return { kind: 'channel', template: channel }
  if (list !== undefined) return { kind: 'list', template: list }
  return { kind: 'stream', template: stream ?? 'weir:logs' }
}
