import {
  type HttpAnswer,
  HttpListener,
  type HttpListenerOptions,
  HttpProblem,
  type HttpRequest,
} from '@weir/http-server'
import { Code, jsonResponse, jsonStatus, protobufResponse, protobufStatus } from './answer-message.ts'
import type { HttpConfig } from './config.ts'
import { retryAfterSeconds, TryLater } from './errors.ts'
import { MalformedError } from './malformed.ts'
import type { Requests } from './requests.ts'

const protobuf = 'application/x-protobuf'
const json = 'application/json'

const contentTypeOf = ({ headers }: HttpRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/**
 * Takes OTLP/HTTP.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const httpEndpoint = (
  config: HttpConfig,
  requests: Requests,
  services: HttpListenerOptions['services'],
): HttpListener =>
  new HttpListener({
    config,
    services,
    handle: (request) => handle(request, config.logs_url_path, requests),
    answerProblem,
  })

async function handle(request: HttpRequest, path: string, requests: Requests): Promise<HttpAnswer> {
  if (request.path !== path) throw new HttpProblem(404, `only logs are taken, at ${path}`)
  if (request.method !== 'POST') throw new HttpProblem(405, 'use POST', { headers: { allow: 'POST' } })
  const contentType = contentTypeOf(request)
  if (contentType !== protobuf && contentType !== json)
    throw new HttpProblem(415, `the content type must be ${protobuf} or ${json}`)
  const isJson = contentType === json
  try {
    const rejected = await requests.take(await request.read(), isJson ? 'json' : 'protobuf')
    return {
      status: 200,
      headers: { 'content-type': contentType },
      body: isJson ? jsonResponse(rejected) : protobufResponse(rejected),
    }
  } catch (error) {
    if (error instanceof MalformedError) throw new HttpProblem(400, error.message)
    if (error instanceof TryLater)
      throw new HttpProblem(503, error.message, { headers: { 'retry-after': String(retryAfterSeconds) } })
    throw error
  }
}

/** A problem as a `google.rpc.Status` in the encoding of the request; in JSON if that had neither. */
function answerProblem({ status, message, headers }: HttpProblem, request: HttpRequest): HttpAnswer {
  const code = codes[status] ?? (status < 500 ? Code.INVALID_ARGUMENT : Code.INTERNAL)
  if (contentTypeOf(request) === protobuf)
    return { status, headers: { ...headers, 'content-type': protobuf }, body: protobufStatus(code, message) }
  return { status, headers: { ...headers, 'content-type': json }, body: jsonStatus(code, message) }
}

const codes: { readonly [status: number]: number } = {
  401: Code.UNAUTHENTICATED,
  429: Code.UNAVAILABLE,
  503: Code.UNAVAILABLE,
}
