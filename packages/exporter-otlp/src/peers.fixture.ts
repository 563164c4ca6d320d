import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import type { LogBatch } from '@weir/sdk'
import { createComponent, MemoryLogger, type TestServices, testServices } from '@weir/sdk/testing'
import { onTestFinished } from 'vitest'
import definition from './index.ts'

const testdata = `${import.meta.dirname}/../../receiver-otlp/src/testdata`
export const pem = (name: string): Buffer => readFileSync(`${testdata}/${name}`)

interface Seen {
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A web server that answers so, and keeps what it was sent. */
export async function webServer(answer: Answer, tls?: ServerOptions) {
  const seen: Seen[] = []
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    seen.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) })
    answer(response, request)
  }
  const serve = (request: IncomingMessage, response: ServerResponse) => void take(request, response).catch(() => {})
  const server = tls === undefined ? createServer(serve) : createSecureServer(tls, serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { seen, endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` }
}

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void

/** A gRPC server that answers so, and keeps what it was sent. */
export async function grpcServer(answer: Handler, credentials = ServerCredentials.createInsecure()) {
  const seen: { body: Buffer; metadata: Metadata }[] = []
  const asItIs = (bytes: Buffer) => bytes
  const server = new Server()
  const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
  const streams = { requestStream: false, responseStream: false }
  const codec = {
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  }
  server.addService(
    { Export: { path, ...streams, ...codec } },
    {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        seen.push({ body: call.request, metadata: call.metadata })
        answer(call, callback)
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  )
  onTestFinished(() => server.forceShutdown())
  return { seen, endpoint: `127.0.0.1:${port}` }
}

/** An exporter with this config. */
export function exporting(config: object) {
  const services: TestServices = testServices({
    logger: new MemoryLogger(),
    overrides: { run_mode: { once: false, isTerminal: false, baseDir: testdata } },
  })
  const exporter = createComponent(definition, config, services)
  onTestFinished(() => exporter.stop?.())
  const abort = new AbortController()
  return {
    ...services,
    exporter,
    abort,
    send: (batch: LogBatch) => exporter.export(batch, { abortSignal: abort.signal }),
  }
}
