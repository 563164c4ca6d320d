import { Buffer } from 'node:buffer'
import { type ClientRequest, type RequestOptions, request } from 'node:http'
import type { Authenticators } from '@weir/sdk'
import { CollectingOutput, createComponent, testServices } from '@weir/sdk/testing'
import { onTestFinished, vi } from 'vitest'
import definition from './index.ts'

export interface Got {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

type Ask = RequestOptions & { body?: string | Buffer; type?: string }

const authenticators: Authenticators = {
  resolve: () => ({
    challenge: 'Bearer',
    authenticate: ({ authorization }) => (authorization === 'Bearer right' ? { name: 'shipper' } : undefined),
  }),
}

function answerOf(asking: ClientRequest): Promise<Got> {
  return new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(parts).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
  })
}

/** A receiver for a test, on a port of its own, until the test has finished. */
export async function receiving(config: object = {}) {
  const services = testServices({ overrides: { authenticators } })
  const receiver = createComponent(definition, { endpoint: '127.0.0.1:0', ...config }, services)
  if (!('port' in receiver)) throw new Error('no HTTP receiver')
  const output = new CollectingOutput()
  await receiver.start(output)
  onTestFinished(async () => {
    output.open()
    output.settleAll()
    await receiver.stop()
    await receiver.close?.()
  })
  const port = Number(receiver.port)
  /** A request whose body is to be written yet. */
  const begin = ({ body: _, type, headers, ...options }: Ask): { asking: ClientRequest; answer: Promise<Got> } => {
    const all = { ...headers, ...(type === undefined ? {} : { 'content-type': type }) }
    const asking = request({ host: '127.0.0.1', port, method: 'POST', ...options, headers: all })
    onTestFinished(() => void asking.destroy())
    return { asking, answer: answerOf(asking) }
  }
  return {
    receiver,
    output,
    port,
    ...services,
    url: `http://127.0.0.1:${port}`,
    begin,
    post: async (path: string, body: string | Buffer, options: Ask = {}): Promise<Got> => {
      const { asking, answer } = begin({ path, ...options })
      asking.end(body)
      return answer
    },
    lines: () => output.lines.map(({ text }) => text),
    until: (check: () => unknown) => vi.waitUntil(check, { timeout: 45_000, interval: 5 }),
  }
}
