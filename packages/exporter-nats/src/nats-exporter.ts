import { MessageEncoder, type OutgoingMessage, Router } from '@weir/broker-messages'
import { type NatsClient, NatsLink, natsError } from '@weir/nats-connection'
import {
  type ExportContext,
  type Exporter,
  type LogBatch,
  type Logger,
  PermanentError,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import type { NatsExporterConfig } from './config.ts'

export interface NatsExporterOptions {
  readonly config: NatsExporterConfig
  readonly componentId: string
  readonly logger: Logger
  readonly runMode: RunMode
}

/** Messages of a batch that wait for their acknowledgement at once. */
const maxUnacknowledged = 16
/** Bytes that headers take, at most, of what the server allows for a message. */
const headerBytes = 4096

/** A value as a token of a subject: no dots, wildcards or spaces. */
const token = (text: string): string => text.replace(/[\s.*>\p{Cc}]/gu, '_') || '_'

/** Publishes batches to JetStream. */
export class NatsExporter implements Exporter {
  readonly #options: NatsExporterOptions
  readonly #link: NatsLink
  readonly #encoder: MessageEncoder
  /** Settles when the stream is known to be there. */
  #stream: Promise<void> | undefined

  /** @throws WeirError `WEIR_BROKER_PARTITIONS`, `WEIR_TEMPLATE_INVALID`, `WEIR_NATS_URL`, `WEIR_NATS_STREAM` */
  constructor(options: NatsExporterOptions) {
    const { config, runMode, componentId, logger } = options
    if (config.create_stream && config.stream === undefined) {
      throw new WeirError('create_stream needs the name of the stream', {
        code: 'WEIR_NATS_STREAM',
        hint: 'write it as stream: WEIR',
      })
    }
    this.#options = options
    this.#link = new NatsLink({ config, baseDir: runMode.baseDir, componentId, logger })
    this.#encoder = new MessageEncoder({
      router: new Router({
        template: config.subject,
        key: 'subject',
        partitions: config.partitions,
        partitionBy: config.partition_by,
        token,
      }),
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
      await Promise.race([this.#publishAll(batch, abortSignal), aborted.promise])
    } catch (error) {
      this.#stream = undefined
      throw abortSignal.aborted ? abortSignal.reason : natsError(error, this.#link.servers)
    } finally {
      abortSignal.removeEventListener('abort', onAbort)
    }
  }

  async stop(): Promise<void> {
    await this.#link.close()
  }

  async #publishAll(batch: LogBatch, abortSignal: AbortSignal): Promise<void> {
    const client = await this.#link.client()
    await this.#ensureStream(client)
    const maxBytes = (client.connection.info?.max_payload ?? 2 ** 20) - headerBytes
    const waiting = new Set<Promise<void>>()
    for await (const message of this.#encoder.unpublished(batch)) {
      abortSignal.throwIfAborted()
      if (message.payload.length > maxBytes) {
        this.#encoder.refused(batch, message)
        continue
      }
      if (waiting.size >= maxUnacknowledged) await Promise.race(waiting)
      const publishing = this.#publish(client, message).then(() => {
        this.#encoder.published(batch, message)
        waiting.delete(publishing)
      })
      publishing.catch(() => {})
      waiting.add(publishing)
    }
    const failed = (await Promise.allSettled(waiting)).find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    // After a time-out the next attempt needs to know what this one has brought through.
    abortSignal.throwIfAborted()
    const tooLarge = this.#encoder.settle(batch)
    if (tooLarge === 0) return
    throw new PermanentError(`${tooLarge} records are larger than a message may be (${maxBytes} bytes)`, {
      code: 'WEIR_NATS_TOO_LARGE',
      hint: 'raise max_payload of the server, cut records earlier, or set compression',
      records: tooLarge,
    })
  }

  async #publish(client: NatsClient, { destination, payload, fields, id }: OutgoingMessage): Promise<void> {
    const { stream, publish_timeout: timeout } = this.#options.config
    await client.jetstream.publish(destination, payload, {
      msgID: id,
      headers: client.headers(fields),
      timeout,
      ...(stream === undefined ? {} : { expect: { streamName: stream } }),
    })
  }

  async #ensureStream(client: NatsClient): Promise<void> {
    const { config } = this.#options
    if (config.stream === undefined) return
    this.#stream ??= client.ensureStream(config.stream, [Router.pattern(config.subject)], config)
    await this.#stream
  }
}
