import querystring from 'node:querystring'
import {
  type Clock,
  type Exporter,
  isPermanentError,
  type LogBatch,
  PermanentError,
  type RunMode,
  WeirError,
} from '@weir/sdk'
import type { WebhookConfig } from './config.ts'
import type { HttpSink } from './http-sink.ts'
import { RequestFormat } from './request-format.ts'
import { signatureHeaders } from './signature.ts'
import { readTlsFiles } from './tls-files.ts'

export interface WebhookExporterOptions {
  config: WebhookConfig
  mode: RunMode
  clock: Clock
}

/** What has become of the requests of a batch of which some are still to be sent. */
interface Progress {
  readonly done: Set<string>
  refusals: number
  firstRefusal: PermanentError | undefined
}

/** Sends alerts and records to a web service. */
export class WebhookExporter implements Exporter {
  readonly #config: WebhookConfig
  readonly #mode: RunMode
  readonly #clock: Clock
  readonly #format: RequestFormat
  readonly #url: URL
  readonly #contentType: string
  /** Headers that the operator has set, which may be secret. */
  readonly #secrets: { readonly [name: string]: string }
  /** So that an attempt that follows a failure does not repeat what got through. */
  readonly #progress = new WeakMap<LogBatch, Progress>()
  #sink: HttpSink | undefined

  constructor({ config, mode, clock }: WebhookExporterOptions) {
    const { 'content-type': contentType = 'application/json', ...secrets } = headersOf(config.headers)
    this.#config = config
    this.#mode = mode
    this.#clock = clock
    this.#contentType = contentType
    this.#format = new RequestFormat(config, contentType)
    this.#url = urlOf(config.url ?? this.#format.url)
    this.#secrets = this.#url.username === '' ? secrets : { ...basicAuthorization(this.#url), ...secrets }
    this.#url.username = this.#url.password = ''
  }

  async start(): Promise<void> {
    const tls = await readTlsFiles(this.#config.tls, this.#mode.baseDir)
    // Loaded when a webhook is in use: the HTTP client is larger than all of Weir.
    const { HttpSink: Sink } = await import('./http-sink.ts')
    this.#sink = new Sink({ url: this.#url, config: this.#config, tls, clock: this.#clock })
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    if (this.#sink === undefined) await this.start()
    const progress = this.#progress.get(batch) ?? { done: new Set(), refusals: 0, firstRefusal: undefined }
    this.#progress.set(batch, progress)
    let count = 0
    for (const { body, idempotencyKey } of this.#format.requests(batch)) {
      const key = `${count++} ${idempotencyKey}`
      if (progress.done.has(key)) continue
      try {
        await this.#send(body, idempotencyKey, abortSignal)
      } catch (error) {
        if (!isPermanentError(error)) throw error
        progress.refusals++
        progress.firstRefusal ??= error
      }
      progress.done.add(key)
    }
    this.#progress.delete(batch)
    const { firstRefusal, refusals } = progress
    if (firstRefusal === undefined) return
    if (count === 1) throw firstRefusal
    throw new PermanentError(`${refusals} of ${count} requests were refused; the first: ${firstRefusal.message}`, {
      code: firstRefusal.code,
      cause: firstRefusal,
      ...(firstRefusal.hint === undefined ? {} : { hint: firstRefusal.hint }),
    })
  }

  async stop(): Promise<void> {
    await this.#sink?.close()
  }

  async #send(body: Buffer, idempotencyKey: string, abortSignal: AbortSignal): Promise<void> {
    const { signature } = this.#config
    const headers = {
      'content-type': this.#contentType,
      'user-agent': 'weir',
      'idempotency-key': idempotencyKey,
      ...(signature === undefined ? {} : signatureHeaders(signature, body, this.#clock.now())),
    }
    await this.#sink?.send(body, headers, this.#secrets, abortSignal)
  }
}

/** @throws WeirError `WEIR_WEBHOOK_URL`, which does not repeat the URL: it is a secret */
function urlOf(text: string | undefined): URL {
  const url = URL.parse(text ?? '')
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new WeirError(text === undefined ? 'url is missing' : 'url is no http or https address', {
    code: 'WEIR_WEBHOOK_URL',
    hint: 'write where to send: url: ${env:WEBHOOK_URL}',
  })
}

/** By lower-case name. */
function headersOf(headers: WebhookConfig['headers']): { [name: string]: string } {
  try {
    return Object.fromEntries(new Headers(headers))
  } catch {
    throw new WeirError(`headers: a name or value is not allowed in HTTP (${Object.keys(headers).join(', ')})`, {
      code: 'WEIR_WEBHOOK_HEADER',
      hint: 'names are letters, digits and -; values have no line breaks',
    })
  }
}

function basicAuthorization({ username, password }: URL): { authorization: string } {
  const credentials = `${querystring.unescape(username)}:${querystring.unescape(password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}
