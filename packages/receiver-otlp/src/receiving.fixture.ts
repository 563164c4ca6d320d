import type { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { resolveConfig } from '@weir/sdk'
import { CollectingOutput, MemoryLogger, MemoryMeter, TestClock } from '@weir/sdk/testing'
import { onTestFinished } from 'vitest'
import { config, type OtlpConfig } from './config.ts'
import { encoded } from './definitions.fixture.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

export const anyPort = { endpoint: '127.0.0.1:0' }
export const protobuf = { 'content-type': 'application/x-protobuf' }
export const json = { 'content-type': 'application/json' }
export const certificate = (name: string) => readFileSync(`${import.meta.dirname}/testdata/${name}`)

/** A request with these bodies. */
export const bodies = (...texts: string[]): Buffer =>
  encoded('ExportLogsServiceRequest', {
    resourceLogs: [{ scopeLogs: [{ logRecords: texts.map((text) => ({ body: { stringValue: text } })) }] }],
  })

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Ask = RequestOptions & { body?: string | Buffer; ca?: Buffer; cert?: Buffer; key?: Buffer; secure?: boolean }

export function answerOf(asking: ClientRequest): Promise<Got> {
  return new Promise((resolve, reject) => {
    asking.on('error', reject)
    asking.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject).on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: concat(chunks) }),
      )
    })
  })
}

const concat = (chunks: readonly Buffer[]) =>
  chunks.reduce((all, one) => globalThis.Buffer.concat([all, one]), globalThis.Buffer.alloc(0))

/** A receiver that is not started, with services of the test's own. */
export function created(given: object) {
  const services = { clock: new TestClock(), logger: new MemoryLogger(), meter: new MemoryMeter() }
  const receiver = new OtlpReceiver({
    ...services,
    // What resolveConfig makes of the schema is of the schema's type.
    config: resolveConfig(config, given) as OtlpConfig,
    componentId: 'otlp',
    runMode: { once: false, isTerminal: false, baseDir: `${import.meta.dirname}/testdata` },
    authenticators: {
      resolve: () => ({
        challenge: 'Bearer',
        authenticate: ({ authorization }) => (authorization === 'Bearer right' ? { name: 'app' } : undefined),
      }),
    },
  })
  return { ...services, receiver, output: new CollectingOutput() }
}

/** A receiver that listens on free ports of this machine. */
export async function receiving(given: object = {}) {
  const made = created({ protocols: { http: anyPort, grpc: anyPort }, ...given })
  const { receiver, output } = made
  await receiver.start(output)
  const end = async () => {
    output.open()
    await receiver.stop()
    output.settleAll()
    await receiver.close()
  }
  onTestFinished(end)
  const begin = ({ secure = false, body: _, ...options }: Ask): ClientRequest => {
    const port = receiver.port('http')
    const asking = (secure ? secureRequest : request)({
      ...{ host: '127.0.0.1', port, method: 'POST', path: '/v1/logs', headers: protobuf },
      ...options,
    })
    onTestFinished(() => void asking.destroy())
    return asking
  }
  return {
    ...made,
    begin,
    texts: () => output.records.map(({ body }) => body),
    post: (body: string | Buffer, options: Ask = {}): Promise<Got> => {
      const asking = begin(options)
      const answer = answerOf(asking)
      asking.end(body)
      return answer
    },
  }
}
