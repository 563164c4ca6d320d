import { checkHttp, endpointUrl, HttpClient, headerFields } from '@weir/http-client'
import {
  BatchMemory,
  type Clock,
  type Exporter,
  isPermanentError,
  type LogBatch,
  PermanentError,
  type RunMode,
} from '@weir/sdk'
import type { WebhookConfig } from './config.ts'
import { type OutgoingRequest, RequestFormat } from './request-format.ts'
import { signatureHeaders } from './signature.ts'

export interface WebhookExporterOptions {
  config: WebhookConfig
  mode: RunMode
  clock: Clock
}

/** What has become of the requests of a batch of which some are still to be sent. */
interface Progress {
  /** Requests that need not be sent again. */
  done: number
  refusals: number
  /** Places of the records in the batch. */
  readonly refused: number[]
  firstRefusal: PermanentError | undefined
}

/** @throws WeirError for a template that is none, an address or header that is none, a key that is missing */
export function checkWebhook(config: WebhookConfig): void {
  const format = new RequestFormat(config)
  endpointUrl(config.url ?? format.url, 'url')
  headerFields(format.credentials, ['api_key'])
  if (config.signature !== undefined) headerFields({ [config.signature.header]: '' }, ['signature', 'header'])
  checkHttp(config)
}

/** Sends alerts and records to a web service. */
export class WebhookExporter implements Exporter {
  readonly #config: WebhookConfig
  readonly #clock: Clock
  readonly #format: RequestFormat
  readonly #url: URL
  readonly #client: HttpClient
  /** So that an attempt that follows a failure does not repeat what got through. */
  readonly #progress = new BatchMemory<Progress>()

  constructor({ config, mode, clock }: WebhookExporterOptions) {
    const format = new RequestFormat(config)
    this.#config = config
    this.#clock = clock
    this.#format = format
    this.#url = endpointUrl(config.url ?? format.url, 'url')
    this.#client = new HttpClient({ config, clock, baseDir: mode.baseDir, credentials: format.credentials })
  }

  async start(): Promise<void> {
    await this.#client.start()
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    const progress: Progress = this.#progress.get(batch) ?? {
      done: 0,
      refusals: 0,
      refused: [],
      firstRefusal: undefined,
    }
    this.#progress.set(batch, progress)
    let count = 0
    let end = 0
    for (const request of this.#format.requests(batch, this.#url)) {
      const from = end
      end += request.recordCount
      if (count++ < progress.done) continue
      try {
        await this.#send(request, abortSignal)
      } catch (error) {
        if (!isPermanentError(error)) throw error
        progress.refusals++
        for (let place = from; place < end; place++) progress.refused.push(place)
        progress.firstRefusal ??= error
      }
      progress.done = count
    }
    this.#progress.delete(batch)
    const { firstRefusal, refusals, refused } = progress
    if (firstRefusal === undefined) return
    if (count === 1) throw firstRefusal
    throw new PermanentError(`${refusals} of ${count} requests were refused; the first: ${firstRefusal.message}`, {
      code: firstRefusal.code,
      cause: firstRefusal,
      rows: refused,
      ...(firstRefusal.hint === undefined ? {} : { hint: firstRefusal.hint }),
    })
  }

  async stop(): Promise<void> {
    await this.#client.stop()
  }

  async #send({ url, body, idempotencyKey }: OutgoingRequest, signal: AbortSignal): Promise<void> {
    const { signature, method } = this.#config
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      ...(signature === undefined ? {} : signatureHeaders(signature, body, this.#clock.now())),
    }
    await this.#client.send({ url, method, headers, body, signal })
  }
}
