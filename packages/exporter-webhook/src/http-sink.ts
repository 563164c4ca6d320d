import { Buffer } from 'node:buffer'
import { isIP } from 'node:net'
import { type Clock, isWeirError, PermanentError } from '@weir/sdk'
import { Agent, type Dispatcher, request } from 'undici'
import type { WebhookConfig } from './config.ts'
import { isPrivateAddress, privateRedirect, publicLookup } from './private-address.ts'
import { connectionError, refusalError } from './sink-error.ts'
import type { TlsFiles } from './tls-files.ts'

/** Bytes of an answer that are looked at; a connection on which more comes is closed. */
const maxAnswerBytes = 16_384
const redirects = new Set([301, 302, 307, 308])

interface Headers {
  readonly [name: string]: string
}

export interface HttpSinkOptions {
  readonly url: URL
  readonly config: WebhookConfig
  readonly tls: TlsFiles
  readonly clock: Clock
}

/** Sends requests to the configured URL, and to where it redirects. */
export class HttpSink {
  readonly #options: HttpSinkOptions
  /** For the configured URL, which may be private. */
  readonly #direct: Agent
  /** For redirects. */
  readonly #redirected: Agent

  constructor(options: HttpSinkOptions) {
    const { tls, config } = options
    this.#options = options
    this.#direct = new Agent({ connect: { ...tls.trust, ...tls.identity } })
    this.#redirected = new Agent({
      connect: { ...tls.trust, ...(config.allow_private_redirects ? {} : { lookup: publicLookup }) },
    })
  }

  /**
   * Resolves when the sink has taken the body.
   * @param secrets headers for the configured origin alone
   * @throws RetryableError, PermanentError
   */
  async send(body: Buffer, headers: Headers, secrets: Headers, signal: AbortSignal): Promise<void> {
    const { url: first, config, clock } = this.#options
    let url = first
    for (let hops = 0; ; hops++) {
      const isFirst = hops === 0
      const answer = await this.#attempt(url, isFirst ? this.#direct : this.#redirected, {
        method: config.method,
        headers: url.origin === first.origin ? { ...headers, ...secrets } : headers,
        body,
        signal,
      })
      const { status, location, retryAfter, text } = answer
      if (status >= 200 && status < 300) return
      if (!redirects.has(status) || location === undefined || config.max_redirects === 0) {
        throw refusalError({ sink: url.origin, status, retryAfter, text }, clock.now())
      }
      if (hops === config.max_redirects) throw refused(`${first.origin} redirects more than ${hops} times`)
      url = this.#redirect(url, location)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#redirected.destroy()])
  }

  async #attempt(url: URL, dispatcher: Agent, options: Omit<Dispatcher.RequestOptions, 'path' | 'origin'>) {
    try {
      const { statusCode, headers, body } = await request(url, { ...options, dispatcher })
      const text = await beginning(body)
      return {
        status: statusCode,
        location: single(headers.location),
        retryAfter: single(headers['retry-after']),
        text,
      }
    } catch (error) {
      if (options.signal instanceof AbortSignal) options.signal.throwIfAborted()
      throw isWeirError(error) ? error : connectionError(url.origin, error)
    }
  }

  /** The URL that an answer redirects to, if it may be followed. A name is checked when it is looked up. */
  #redirect(from: URL, location: string): URL {
    const url = URL.parse(location, from.href)
    if (url === null || !/^https?:$/.test(url.protocol)) throw refused(`${from.origin} redirects to no web address`)
    if (from.protocol === 'https:' && url.protocol === 'http:')
      throw refused(`${from.origin} redirects from https to http`)
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    if (!this.#options.config.allow_private_redirects && isIP(host) !== 0 && isPrivateAddress(host))
      throw privateRedirect(url.host)
    return url
  }
}

const refused = (message: string) =>
  new PermanentError(message, { code: 'WEIR_WEBHOOK_REDIRECT', hint: 'set url to the address that it leads to' })

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

/** Reads an answer to its end, or to the most that is looked at. */
async function beginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length >= maxAnswerBytes) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxAnswerBytes)
}
