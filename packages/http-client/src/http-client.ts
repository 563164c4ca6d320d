import { Buffer } from 'node:buffer'
import querystring from 'node:querystring'
import type { Clock } from '@weir/sdk'
import { clientTls } from '@weir/tls-files'
import { encoded } from './body-encoding.ts'
import { type HeaderFields, headerFields } from './header-fields.ts'
import type { HttpConfig } from './http-keys.ts'
import type { HttpAnswer, HttpSink } from './http-sink.ts'

export interface HttpClientOptions {
  readonly config: HttpConfig
  /** Folder that the files of `tls` are relative to: `baseDir` of the token `RunMode`. */
  readonly baseDir: string
  readonly clock: Clock
  /** Headers with secrets besides those of the config: for the origin of the request alone. */
  readonly credentials?: HeaderFields
}

export interface HttpRequest {
  readonly url: URL
  /** `POST` if left out. */
  readonly method?: string
  readonly headers?: HeaderFields
  readonly body: Buffer
  readonly signal: AbortSignal
  /** Bytes of the answer that are read. Default: 16 KiB. */
  readonly maxAnswerBytes?: number
}

/** Sends requests, and says of each that fails whether it may succeed later. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #contentType: HeaderFields
  readonly #secrets: HeaderFields
  #opening: Promise<HttpSink> | undefined

  /** @throws WeirError `WEIR_HTTP_HEADER` */
  constructor(options: HttpClientOptions) {
    const { 'content-type': contentType, ...secrets } = headerFields(options.config.headers)
    this.#options = options
    this.#contentType = contentType === undefined ? {} : { 'content-type': contentType }
    this.#secrets = { ...headerFields(options.credentials ?? {}), ...secrets }
  }

  /** Reads the files of `tls`. `send` does it, too. @throws WeirError `WEIR_HTTP_TLS` */
  async start(): Promise<void> {
    await this.#sink()
  }

  /**
   * Resolves with an answer of 200 to 299. Headers of the config win over those of the request.
   * @throws RetryableError for a connection that fails and for 408, 425, 429 and 5xx but 501 and 505
   * @throws PermanentError for every other answer, and a redirect that is not followed (`WEIR_HTTP_REDIRECT`)
   */
  async send({
    url,
    method = 'POST',
    headers,
    body,
    signal,
    maxAnswerBytes = 16_384,
  }: HttpRequest): Promise<HttpAnswer> {
    const { config, clock } = this.#options
    const [sink, content] = await Promise.all([this.#sink(), encoded(body, config.compression)])
    const target = new URL(url)
    target.username = target.password = ''
    return sink.send({
      ...{ url: target, method, body: content.body, signal, maxAnswerBytes, clock },
      headers: { 'user-agent': 'weir', ...headers, ...this.#contentType, ...content.headers },
      secrets: url.username === '' ? this.#secrets : { ...basicAuthorization(url), ...this.#secrets },
      maxRedirects: config.max_redirects,
      allowsPrivateRedirects: config.allow_private_redirects,
    })
  }

  async stop(): Promise<void> {
    const sink = await this.#opening?.catch(() => undefined)
    this.#opening = undefined
    await sink?.close()
  }

  #sink(): Promise<HttpSink> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      // The next attempt reads the files anew.
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<HttpSink> {
    const { config, baseDir } = this.#options
    const tls = clientTls(config.tls, baseDir, 'WEIR_HTTP_TLS')
    // Loaded when it is in use: the HTTP client is larger than all of Weir.
    const { HttpSink: Sink } = await import('./http-sink.ts')
    return new Sink(tls, config.allow_private_redirects)
  }
}

function basicAuthorization({ username, password }: URL): HeaderFields {
  const credentials = `${querystring.unescape(username)}:${querystring.unescape(password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}
