import type { Buffer } from 'node:buffer'
import {
  type Clock,
  type ExportContext,
  type Exporter,
  isPermanentError,
  type LogBatch,
  type Logger,
  type RunMode,
} from '@weir/sdk'
import { clientTls } from '@weir/tls-files'
import type { OtlpConfig } from './config.ts'
import { grpcTarget, httpUrl } from './destination.ts'
import { permanent } from './errors.ts'
import { encodeJson } from './json-encoder.ts'
import { ProtobufEncoder } from './protobuf-encoder.ts'
import { grpcHeaders, httpHeaders } from './request-headers.ts'
import type { Sink } from './sink.ts'

export interface OtlpExporterOptions {
  readonly config: OtlpConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly mode: RunMode
}

const quietMs = 60_000

/** How far a batch has come that is sent in parts. */
interface Progress {
  sent: number
  /** Records that were refused for good, and what was said about the first of them. */
  refused: number
  refusal: { readonly message: string; readonly hint?: string | undefined } | undefined
}

/** @throws WeirError `WEIR_OTLP_ENDPOINT`, `WEIR_OTLP_HEADER` */
export function checkOtlpExporter(config: OtlpConfig): void {
  if (config.protocol === 'grpc') {
    grpcTarget(config)
    grpcHeaders(config.headers)
  } else {
    httpUrl(config)
    httpHeaders(config.headers)
  }
}

/** Sends records by OTLP. */
export class OtlpExporter implements Exporter {
  readonly #options: OtlpExporterOptions
  readonly #encoder = new ProtobufEncoder()
  /** So that an attempt that follows a failure does not repeat what got through. */
  readonly #progress = new WeakMap<LogBatch, Progress>()
  #opening: Promise<Sink> | undefined
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(options: OtlpExporterOptions) {
    this.#options = options
  }

  /** @throws WeirError `WEIR_OTLP_TLS` */
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
        const { rejected, message } = await sink.send(request, abortSignal)
        if (rejected > 0)
          refuse(progress, rejected, { message: `${this.#options.config.endpoint} rejected: ${message}` })
        else if (message !== '') this.#remark(message)
      } catch (error) {
        if (!isPermanentError(error)) throw error
        refuse(progress, end - progress.sent, error)
      }
      progress.sent = end
    }
    this.#progress.delete(batch)
    const { refusal, refused } = progress
    if (refusal === undefined) return
    if (refused >= batch.length) throw permanent(refusal.message, refusal.hint)
    const text = `${refused} of ${batch.length} records were refused: ${refusal.message}`
    throw permanent(text, refusal.hint, refused)
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

  /** What a receiver has to say although it took everything. */
  #remark(said: string): void {
    const { clock, logger } = this.#options
    const now = clock.monotonic()
    if (now - this.#saidAt < quietMs) return
    this.#saidAt = now
    logger.warn({ said: said.slice(0, 300) }, 'the receiver has a remark')
  }

  #sink(): Promise<Sink> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** Clients are loaded when they are in use: each is larger than all of Weir. */
  async #open(): Promise<Sink> {
    const { config, clock, mode } = this.#options
    const tls = clientTls(config.tls, mode.baseDir, 'WEIR_OTLP_TLS')
    if (config.protocol === 'grpc') {
      const { GrpcSink } = await import('./grpc-sink.ts')
      return new GrpcSink(config, tls)
    }
    const { HttpSink } = await import('./http-sink.ts')
    return new HttpSink(config, tls, clock)
  }
}

function refuse(progress: Progress, records: number, refusal: NonNullable<Progress['refusal']>): void {
  progress.refused += records
  progress.refusal ??= refusal
}
