import { messageOf, PermanentError, RetryableError } from '@weir/sdk'

/** Longest wait that a sink may ask for: a day. */
const maxRetryAfterMs = 86_400_000

const hints: { readonly [status: number]: string } = {
  401: 'look at the credentials in the address, headers and other keys',
  403: 'look at the credentials in the address, headers and other keys',
  404: 'look at the address: what it names may have been deleted',
  405: 'look at the method and the address',
  410: 'what the address names has been deleted: make a new one',
  413: 'send less at once: lower the limits of batch or of the request',
  501: 'look at the method and the address',
}

/**
 * Milliseconds that `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3); undefined if it says neither.
 * @param now Unix epoch in milliseconds
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), maxRetryAfterMs)
}

export interface Refusal {
  /** Origin of the sink. */
  readonly sink: string
  readonly status: number
  readonly retryAfter: string | undefined
  /** Beginning of what it said. */
  readonly text: string
}

/** A request that was refused for good. */
export class RefusedRequestError extends PermanentError {
  readonly status: number
  /** What the sink said, as far as it was read: the message has only the beginning. */
  readonly text: string

  constructor(message: string, { status, text }: Refusal) {
    const hint = hints[status]
    super(message, hint === undefined ? {} : { hint })
    this.status = status
    this.text = text
  }
}

/** What an answer that is no success means for the batch. */
export function refusalError(refusal: Refusal, now: number): RetryableError | RefusedRequestError {
  const { sink, status, retryAfter, text } = refusal
  const said = text.replace(/\s+/g, ' ').trim().slice(0, 300)
  const message = `${sink} answered ${status}${said === '' ? '' : `: ${said}`}`
  const isFinal = status === 501 || status === 505
  if ((status >= 500 && !isFinal) || status === 408 || status === 425 || status === 429) {
    const wait = retryAfterMs(retryAfter, now)
    return new RetryableError(message, wait === undefined ? {} : { retryAfter: wait })
  }
  return new RefusedRequestError(message, refusal)
}

const reasons: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
}

function tlsHint(code: string): { hint?: string } {
  if (code === 'CERT_HAS_EXPIRED') return { hint: "the sink's certificate has expired and must be renewed" }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return { hint: 'use a name that the certificate has, or set tls.server_name_override to one' }
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL/.test(code)) return { hint: "give the authority's certificate in tls.ca_file" }
  return {}
}

/** What a failed connection means: it may work later. */
export function connectionError(sink: string, error: unknown): RetryableError {
  const code = typeof error === 'object' && error !== null ? String(Reflect.get(error, 'code') ?? '') : ''
  const reason = reasons[code]
  return new RetryableError(
    `cannot reach ${sink}: ${reason === undefined ? messageOf(error) : `${reason} (${code})`}`,
    {
      cause: error,
      ...tlsHint(code),
    },
  )
}
