import { STATUS_CODES } from 'node:http'
import type { HttpAnswer } from './http-request.ts'

const brand = Symbol.for('weir.http-problem')

export interface HttpProblemOptions {
  readonly headers?: { readonly [name: string]: string }
  readonly cause?: unknown
}

/** Thrown by whoever handles a request that cannot be answered as it wants: a status, and what the client is told. */
export class HttpProblem extends Error {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly [brand] = true

  constructor(status: number, detail: string, { headers = {}, cause }: HttpProblemOptions = {}) {
    super(detail, cause === undefined ? undefined : { cause })
    this.name = 'HttpProblem'
    this.status = status
    this.headers = headers
  }
}

/** By its brand, so that two copies of this package in one process do no harm. */
export const isHttpProblem = (error: unknown): error is HttpProblem =>
  typeof error === 'object' && error !== null && Reflect.get(error, brand) === true

/** How long a client is asked to wait, seconds. */
const retryAfter = { 'retry-after': '1' }

export const tooLarge = (maxBytes: number): HttpProblem =>
  new HttpProblem(413, `the body is larger than ${maxBytes} bytes (max_request_body_size)`)

export const tooMuchPending = (): HttpProblem =>
  new HttpProblem(429, 'more requests are under way than there is room for: send this one again', {
    headers: retryAfter,
  })

export const stopping = (): HttpProblem =>
  new HttpProblem(503, 'the server is stopping: send this request again', { headers: retryAfter })

/** A problem as RFC 9457 has it. */
export const problemAnswer = ({ status, message, headers }: HttpProblem): HttpAnswer => ({
  status,
  headers: { ...headers, 'content-type': 'application/problem+json' },
  body: `${JSON.stringify({ title: STATUS_CODES[status] ?? 'Error', status, detail: message })}\n`,
})
