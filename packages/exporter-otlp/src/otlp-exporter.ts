import type { Buffer } from 'node:buffer'
import {
  type Clock,
  type Counter,
  type ExportContext,
  type Exporter,
  isPermanentError,
  type LogBatch,
  type Logger,
  type Meter,
  type PermanentError,
  type RunMode,
} from '@weir/sdk'
import type { Acceptance } from './answer-reader.ts'
import { readCertificates } from './certificates.ts'
import type { OtlpConfig } from './config.ts'
import { permanent } from './errors.ts'
import { encodeJson } from './json-encoder.ts'
import { ProtobufEncoder } from './protobuf-encoder.ts'
import type { Sink } from './sink.ts'

export interface OtlpExporterOptions {
  readonly config: OtlpConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly mode: RunMode
}

const quietMs = 60_000

/** How far a batch has come that is sent in parts. */
interface Progress {
  sent: number
  refused: number
  refusal: PermanentError | undefined
}

/** Sends records by OTLP. */
export class OtlpExporter implements Exporter {
  readonly #options: OtlpExporterOptions
  readonly #rejected: Counter
  readonly #encoder = new ProtobufEncoder()
  /** So that an attempt that follows a failure does not repeat what got through. */
  readonly #progress = new WeakMap<LogBatch, Progress>()
  #opening: Promise<Sink> | undefined
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(options: OtlpExporterOptions) {
    this.#options = options
    this.#rejected = options.meter.counter('weir_exporter_otlp_rejected_log_records', {
      description: 'Log records that the receiver rejected while it took the rest of their request',
      unit: '{record}',
    })
  }

  /** @throws WeirError `WEIR_OTLP_ENDPOINT`, `WEIR_OTLP_HEADER`, `WEIR_OTLP_TLS` */
  async start(): Promise<void> {
    await this.#sink()
  }

  async export(batch: LogBatch, { abortSignal }: ExportContext): Promise<void> {
    const sink = await this.#sink()
    const progress = this.#progress.get(batch) ?? { sent: 0, refused: 0, refusal: undefined }
    this.#progress.set(batch, progress)
    while (progress.sent < batch.length) {
      const { request, end } = this.#encode(batch, progress.sent)
      try {
        this.#note(await sink.send(request, abortSignal))
      } catch (error) {
        if (!isPermanentError(error)) throw error
        progress.refused += end - progress.sent
        progress.refusal ??= error
      }
      progress.sent = end
    }
    this.#progress.delete(batch)
    const { refusal, refused } = progress
    if (refusal === undefined) return
    if (refused === batch.length) throw refusal
    throw permanent(`${refused} of ${batch.length} records were refused: ${refusal.message}`, refusal.hint)
  }

  async stop(): Promise<void> {
    const sink = await this.#opening?.catch(() => undefined)
    this.#opening = undefined
    await sink?.close()
  }

  /** As many records as a request may have, at least one. */
  #encode(batch: LogBatch, from: number): { request: Buffer; end: number } {
    const { protocol, max_request_size: maxBytes } = this.#options.config
    for (let end = batch.length; ; ) {
      const request = protocol === 'http/json' ? encodeJson(batch, from, end) : this.#encoder.encode(batch, from, end)
      const count = end - from
      if (request.length <= maxBytes || count === 1) return { request, end }
      end = from + Math.max(1, Math.min(count >> 1, Math.floor((count * maxBytes) / request.length)))
    }
  }

  /** What the receiver has rejected is not sent again: it would be rejected again. */
  #note({ rejected, message }: Acceptance): void {
    if (rejected === 0 && message === '') return
    const { clock, logger, config } = this.#options
    if (rejected > 0) this.#rejected.add(rejected)
    const now = clock.monotonic()
    if (now - this.#saidAt < quietMs) return
    this.#saidAt = now
    const what = rejected > 0 ? 'the receiver rejected records, which are lost' : 'the receiver has a remark'
    logger.warn({ rejected, endpoint: config.endpoint, said: message.slice(0, 300) }, what)
  }

  #sink(): Promise<Sink> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** Clients are loaded when they are in use: each is larger than all of Weir. */
  async #open(): Promise<Sink> {
    const { config, clock, mode } = this.#options
    const certificates = await readCertificates(config.tls, mode.baseDir)
    if (config.protocol === 'grpc') {
      const { GrpcSink } = await import('./grpc-sink.ts')
      return new GrpcSink(config, certificates)
    }
    const { HttpSink } = await import('./http-sink.ts')
    return new HttpSink(config, certificates, clock)
  }
}
