import { fileURLToPath } from 'node:url'
import { resolveConfig, Type, WeirError } from '@weir/sdk'
import { TestClock } from '@weir/sdk/testing'
import { endpointUrl } from './endpoint-url.ts'
import { HttpClient } from './http-client.ts'
import { type HttpConfig, httpKeys } from './http-keys.ts'
import type { HttpAnswer } from './http-sink.ts'
import { type Handler, HttpServer } from './testing/http-server.ts'

export const testdata = fileURLToPath(new URL('testdata/', import.meta.url))
export const now = Date.UTC(2026, 10, 24, 14, 13, 19, 500)
export const ok: Handler = (_, response) => void response.end('ok')

/** Answers with a status, and with headers. */
export const answer =
  (status: number, headers: { [name: string]: string } = {}, text = ''): Handler =>
  (_, response) =>
    void response.writeHead(status, headers).end(text)

/** A client with this config, and an address to which it sends. */
export function clientOf({ url, ...config }: { url: string; [key: string]: unknown }, body = '{"a":1}') {
  const resolved = resolveConfig(Type.Object(httpKeys), config) as HttpConfig
  const client = new HttpClient({ config: resolved, baseDir: testdata, clock: new TestClock(now) })
  const headers = { 'content-type': 'application/json' }
  return {
    start: () => client.start(),
    send: (signal: AbortSignal = new AbortController().signal): Promise<HttpAnswer> =>
      client.send({ url: endpointUrl(url, 'url'), headers, body: Buffer.from(body), signal }),
    [Symbol.asyncDispose]: () => client.stop(),
  }
}

export async function thrown(promise: Promise<unknown>): Promise<WeirError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof WeirError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** What comes of one request to a server that answers so. */
export async function outcome(handler: Handler, config: object = {}): Promise<WeirError> {
  await using server = await HttpServer.start(handler)
  await using client = clientOf({ url: server.url(), ...config })
  return await thrown(client.send())
}
