import { type ClientRequest, type RequestOptions, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { resolveConfig, Type } from '@weir/sdk'
import { MemoryLogger, MemoryMeter, TestClock } from '@weir/sdk/testing'
import { onTestFinished, vi } from 'vitest'
import { HttpListener, type HttpListenerOptions } from './http-listener.ts'
import { type HttpServerConfig, httpServerKeys } from './http-server-keys.ts'

const schema = Type.Object(httpServerKeys({ port: 0 }))

export interface Got {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

type Ask = RequestOptions & { ca?: string; cert?: string; key?: string; body?: string | Buffer; secure?: boolean }

/** What a request is answered with. */
export function answerOf(asking: ClientRequest): Promise<Got> {
  return new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      response.on('error', reject)
    })
  })
}

/** A listener for a test, on a port of its own, which gives back the length of each body unless it is told what to do. */
export function created(
  config: object = {},
  {
    services: given = {},
    ...options
  }: Partial<Pick<HttpListenerOptions, 'handle' | 'answerProblem'>> & {
    services?: Partial<HttpListenerOptions['services']>
  } = {},
) {
  const meter = new MemoryMeter()
  const logger = new MemoryLogger()
  const services: HttpListenerOptions['services'] = {
    authenticators: {
      resolve: () => ({
        challenge: 'Bearer',
        authenticate: ({ authorization }) => (authorization === 'Bearer right' ? { name: 'shipper' } : undefined),
      }),
    },
    clock: new TestClock(),
    componentId: 'http/test',
    logger,
    meter,
    runMode: { once: false, isTerminal: false, baseDir: import.meta.dirname },
    ...given,
  }
  const listener = new HttpListener({
    // The schema is what the type is made of.
    config: resolveConfig(schema, { endpoint: '127.0.0.1:0', ...config }) as HttpServerConfig,
    handle: async (asked) => ({ status: 200, body: `${(await asked.read()).length}` }),
    ...options,
    services,
  })
  onTestFinished(() => listener.close())
  return { listener, meter, logger }
}

export async function listening(...args: Parameters<typeof created>) {
  const one = created(...args)
  await one.listener.start()
  const { port } = one.listener
  const begin = ({ secure = false, body: _, ...options }: Ask): ClientRequest => {
    const asking = (secure ? secureRequest : request)({ host: '127.0.0.1', port, method: 'POST', ...options })
    onTestFinished(() => void asking.destroy())
    return asking
  }
  return {
    ...one,
    port,
    /** A request whose body is to be written yet. */
    begin,
    ask: (options: Ask = {}) => {
      const asking = begin(options)
      const answer = answerOf(asking)
      asking.end(options.body)
      return answer
    },
    raw: (text = ''): { socket: Socket; closed: Promise<string> } => {
      const socket = connect(port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      let received = ''
      socket.on('data', (bytes) => {
        received += bytes.toString()
      })
      socket.on('error', () => {})
      socket.write(text)
      return { socket, closed: new Promise((resolve) => socket.on('close', () => resolve(received))) }
    },
    until: (check: () => boolean) => vi.waitUntil(check, { timeout: 45_000, interval: 5 }),
  }
}
