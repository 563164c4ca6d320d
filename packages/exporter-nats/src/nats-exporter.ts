import { MessageEncoder, type OutgoingMessage, Publisher, Router } from '@weir/broker-messages'
import { checkConnection, type NatsClient, NatsLink, natsError } from '@weir/nats-connection'
import {
  type Clock,
  type ExportContext,
  type Exporter,
  type LogBatch,
  type Logger,
  messageOf,
  PermanentError,
  type RunMode,
  type Timer,
  WeirError,
} from '@weir/sdk'
import type { NatsExporterConfig } from './config.ts'
import { PartitionWatch } from './partition-watch.ts'

export interface NatsExporterOptions {
  readonly config: NatsExporterConfig
  readonly clock: Clock
  readonly componentId: string
  readonly logger: Logger
  readonly runMode: RunMode
}

/** Bytes that headers take, at most, of what the server allows for a message. */
const headerBytes = 4096

/** How often it is looked whether someone consumes every partition. */
const watchMs = 60_000

/** A value as a token of a subject: no dots, wildcards or spaces. */
const token = (text: string): string => text.replace(/[\s.*>\p{Cc}]/gu, '_') || '_'

const routerOf = ({ subject, partitions, partition_by: partitionBy }: NatsExporterConfig): Router =>
  new Router({ template: subject, key: 'subject', partitions, partitionBy, token })

/** @throws WeirError `WEIR_BROKER_PARTITIONS`, `WEIR_TEMPLATE_INVALID`, `WEIR_NATS_URL`, `WEIR_NATS_STREAM` */
export function checkNatsExporter(config: NatsExporterConfig): void {
  checkConnection(config)
  routerOf(config)
  if (!config.create_stream || config.stream !== undefined) return
  throw new WeirError('create_stream needs the name of the stream', {
    code: 'WEIR_NATS_STREAM',
    hint: 'write it as stream: WEIR',
    configPath: ['create_stream'],
  })
}

/** Publishes batches to JetStream. */
export class NatsExporter implements Exporter {
  readonly #options: NatsExporterOptions
  readonly #link: NatsLink
  readonly #publisher: Publisher
  /** Settles when the stream is known to be there. */
  #stream: Promise<void> | undefined
  #watch: Timer | undefined

  constructor(options: NatsExporterOptions) {
    const { config, runMode, componentId, logger } = options
    this.#options = options
    this.#link = new NatsLink({ config, baseDir: runMode.baseDir, componentId, logger })
    const encoder = new MessageEncoder({
      router: routerOf(config),
      maxBytes: config.max_message_size,
      maxRecords: config.max_records,
      compression: config.compression,
    })
    this.#publisher = new Publisher(encoder)
  }

  start(): void {
    const { config, clock, logger } = this.#options
    const { stream, partitions, subject: template } = config
    if (stream === undefined || partitions === undefined) return
    const watch = new PartitionWatch({ stream, template, partitions, logger })
    this.#watch = clock.every(watchMs, () => {
      // A look by the way: it opens no connection, and what is wrong with one is said where records are sent.
      if (this.#stream === undefined) return
      this.#link
        .client()
        .then((client) => watch.look(client))
        .catch((error: unknown) => logger.debug({ error: messageOf(error) }, 'the consumers cannot be looked at'))
    })
  }

  async export(batch: LogBatch, { abortSignal }: ExportContext): Promise<void> {
    let tooLarge = 0
    let maxBytes = 0
    try {
      const client = await this.#link.client()
      await this.#ensureStream(client)
      maxBytes = (client.connection.info?.max_payload ?? 2 ** 20) - headerBytes
      tooLarge = await this.#publisher.publish(batch, abortSignal, (message) =>
        this.#publish(client, message, maxBytes),
      )
    } catch (error) {
      this.#stream = undefined
      throw abortSignal.aborted ? abortSignal.reason : natsError(error, this.#link.servers)
    }
    if (tooLarge === 0) return
    throw new PermanentError(`${tooLarge} records are larger than a message may be (${maxBytes} bytes)`, {
      code: 'WEIR_NATS_TOO_LARGE',
      hint: 'raise max_payload of the server, cut records earlier, or set compression',
      records: tooLarge,
    })
  }

  async stop(): Promise<void> {
    this.#watch?.cancel()
    await this.#link.close()
  }

  /** False for a message that the server would not take. */
  async #publish(
    client: NatsClient,
    { destination, payload, fields, id }: OutgoingMessage,
    maxBytes: number,
  ): Promise<boolean> {
    if (payload.length > maxBytes) return false
    const { stream, publish_timeout: timeout } = this.#options.config
    await client.jetstream.publish(destination, payload, {
      msgID: id,
      headers: client.headers(fields),
      timeout,
      ...(stream === undefined ? {} : { expect: { streamName: stream } }),
    })
    return true
  }

  async #ensureStream(client: NatsClient): Promise<void> {
    const { config } = this.#options
    if (config.stream === undefined) return
    this.#stream ??= client.ensureStream(config.stream, [Router.pattern(config.subject)], config)
    await this.#stream
  }
}
