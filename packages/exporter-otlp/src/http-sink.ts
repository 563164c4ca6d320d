import { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { type Clock, messageOf } from '@weir/sdk'
import type { ClientTls } from '@weir/tls-files'
import { Agent, type Dispatcher, request } from 'undici'
import { type Acceptance, acceptanceOf, jsonAcceptanceOf, refusalOf, textRefusalOf } from './answer-reader.ts'
import type { OtlpConfig } from './config.ts'
import { httpUrl } from './destination.ts'
import { permanent, retryable } from './errors.ts'
import { httpHeaders } from './request-headers.ts'
import type { Sink } from './sink.ts'

/** Bytes of an answer that are looked at; a connection on which more comes is closed. */
const maxAnswerBytes = 65_536
/** @see https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryableStatuses = [429, 502, 503, 504]

const hints: { readonly [status: number]: string } = {
  401: 'look at the credentials in headers',
  403: 'look at the credentials in headers',
  404: 'look at endpoint: /v1/logs is added to it; give the whole address in logs_endpoint',
  405: 'look at endpoint: no receiver of OTLP answers there',
  413: 'lower max_request_size',
  415: 'the receiver does not take this encoding: set protocol or compression',
}

const compressors = {
  // Logs shrink little more at higher levels, which take several times as long.
  gzip: (body: Buffer) => promisify(gzip)(body, { level: constants.Z_BEST_SPEED }),
  zstd: (body: Buffer) => promisify(zstdCompress)(body),
  none: async (body: Buffer) => body,
}

/**
 * Sends requests by OTLP/HTTP.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export class HttpSink implements Sink {
  readonly #url: URL
  readonly #headers: { readonly [name: string]: string }
  readonly #compression: OtlpConfig['compression']
  readonly #clock: Clock
  readonly #agent: Agent

  constructor(config: OtlpConfig, tls: ClientTls, clock: Clock) {
    const { compression, protocol } = config
    this.#url = httpUrl(config)
    this.#compression = compression
    this.#clock = clock
    this.#headers = {
      'user-agent': 'weir',
      ...httpHeaders(config.headers),
      'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      ...(compression === 'none' ? {} : { 'content-encoding': compression }),
    }
    this.#agent = new Agent({
      // The stage of the exporter has a time-out of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { ...tls },
    })
  }

  async send(body: Buffer, signal: AbortSignal): Promise<Acceptance> {
    const compressed = await compressors[this.#compression](body)
    const { status, headers, bytes } = await this.#post(compressed, signal)
    const isProtobuf = single(headers['content-type'])?.startsWith('application/x-protobuf') === true
    if (status >= 200 && status < 300) return isProtobuf ? acceptanceOf(bytes) : jsonAcceptanceOf(bytes.toString())
    const { message } = isProtobuf ? refusalOf(bytes) : textRefusalOf(bytes.toString())
    const said = message.replace(/\s+/g, ' ').trim().slice(0, 300)
    const text = `${this.#url.origin} answered ${status}${said === '' ? '' : `: ${said}`}`
    if (!retryableStatuses.includes(status)) throw permanent(text, hints[status])
    throw retryable(text, undefined, retryAfterMs(single(headers['retry-after']), this.#clock.now()))
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #post(body: Buffer, signal: AbortSignal) {
    try {
      const answer = await request(this.#url, {
        ...{ method: 'POST', headers: this.#headers, body, signal, dispatcher: this.#agent },
      })
      return { status: answer.statusCode, headers: answer.headers, bytes: await beginning(answer.body) }
    } catch (error) {
      signal.throwIfAborted()
      throw retryable(`cannot reach ${this.#url.origin}: ${reasonOf(error)}`, error)
    }
  }
}

const reasons: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its name is not known',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? String(Reflect.get(error, 'code') ?? '') : ''
  const reason = reasons[code] ?? messageOf(error)
  return code === '' ? reason : `${reason} (${code})`
}

/**
 * Milliseconds that `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3); undefined if it says neither.
 * @param now Unix epoch in milliseconds
 */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(ms) ? undefined : ms
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

/** Reads an answer to its end, or to the most that is looked at. */
async function beginning(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    chunks.push(bytes)
    length += bytes.length
    if (length >= maxAnswerBytes) break
  }
  return Buffer.concat(chunks)
}
