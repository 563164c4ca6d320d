import { Buffer } from 'node:buffer'
import { isIP } from 'node:net'
import { type Clock, isWeirError, PermanentError } from '@weir/sdk'
import type { ClientTls } from '@weir/tls-files'
import { Agent, type Dispatcher, request } from 'undici'
import { isPrivateAddress, privateRedirect, publicLookup } from './private-address.ts'
import { connectionError, refusalError } from './sink-error.ts'

const redirects = new Set([301, 302, 307, 308])
// The stage of the exporter has a time-out of its own.
const timeouts = { headersTimeout: 0, bodyTimeout: 0 }

interface HeaderFields {
  readonly [name: string]: string
}

export interface SinkRequest {
  readonly url: URL
  readonly method: string
  readonly headers: HeaderFields
  /** Headers for the origin of `url` alone. */
  readonly secrets: HeaderFields
  readonly body: Buffer
  readonly signal: AbortSignal
  /** A connection on which more comes is closed. */
  readonly maxAnswerBytes: number
  readonly maxRedirects: number
  readonly allowsPrivateRedirects: boolean
  readonly clock: Clock
}

/** What a sink has answered. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** The first of this name, in lower case. */
  header(name: string): string | undefined
}

/** Sends requests to where they are addressed, and to where that redirects. */
export class HttpSink {
  /** For configured addresses, which may be private. */
  readonly #direct: Agent
  /** For redirects. */
  readonly #redirected: Agent

  /** @param tls for the configured server; others learn nothing of who we are, and must have a good certificate */
  constructor(tls: ClientTls, allowsPrivateRedirects: boolean) {
    this.#direct = new Agent({ ...timeouts, connect: { ...tls } })
    this.#redirected = new Agent({
      ...timeouts,
      connect: { ca: tls.ca, ...(allowsPrivateRedirects ? {} : { lookup: publicLookup }) },
    })
  }

  async send(request: SinkRequest): Promise<HttpAnswer> {
    const { url: first, headers, secrets, maxRedirects } = request
    let url = first
    for (let hops = 0; ; hops++) {
      const sent = url.origin === first.origin ? { ...headers, ...secrets } : headers
      const answer = await attempt(url, hops === 0 ? this.#direct : this.#redirected, sent, request)
      const { status, text } = answer
      if (status >= 200 && status < 300) return answer
      const location = answer.header('location')
      if (!redirects.has(status) || location === undefined || maxRedirects === 0) {
        const retryAfter = answer.header('retry-after')
        throw refusalError({ sink: url.origin, status, retryAfter, text }, request.clock.now())
      }
      if (hops === maxRedirects) throw refused(`${first.origin} redirects more than ${hops} times`)
      url = redirectOf(url, location, request.allowsPrivateRedirects)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct.destroy(), this.#redirected.destroy()])
  }
}

async function attempt(
  url: URL,
  dispatcher: Agent,
  headers: HeaderFields,
  { method, body, signal, maxAnswerBytes }: SinkRequest,
): Promise<HttpAnswer> {
  try {
    const answer = await request(url, { method, headers, body, signal, dispatcher })
    const text = await beginning(answer.body, maxAnswerBytes)
    return {
      status: answer.statusCode,
      text,
      header(name) {
        const value = answer.headers[name]
        return Array.isArray(value) ? value[0] : value
      },
    }
  } catch (error) {
    signal.throwIfAborted()
    throw isWeirError(error) ? error : connectionError(url.origin, error)
  }
}

/** The URL that an answer redirects to, if it may be followed. A name is checked when it is looked up. */
function redirectOf(from: URL, location: string, allowsPrivate: boolean): URL {
  const url = URL.parse(location, from.href)
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused(`${from.origin} redirects to no web address`)
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw refused(`${from.origin} redirects from https to http`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!allowsPrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw privateRedirect(url.host)
  return url
}

const refused = (message: string) =>
  new PermanentError(message, { code: 'WEIR_HTTP_REDIRECT', hint: 'set the address to where it leads' })

/** Reads an answer to its end, or to the most that is looked at. */
async function beginning(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length >= maxBytes) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes)
}
