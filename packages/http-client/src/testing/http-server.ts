import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'

/** A request as it came. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** Decompressed, if it was compressed. */
  readonly body: string
  /** Bytes as they came. */
  readonly byteLength: number
}

const decoded = (bytes: Buffer, encoding: string | undefined): Buffer =>
  encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'zstd' ? zstdDecompressSync(bytes) : bytes

/** Answers a request that has come whole. */
export type Handler = (request: SeenRequest, response: ServerResponse, message: IncomingMessage) => void

/** A real HTTP server on a port of its own, which keeps what it was sent. */
export class HttpServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = []
  readonly #server: Server
  readonly #scheme: string

  private constructor(server: Server, scheme: string) {
    this.#server = server
    this.#scheme = scheme
  }

  static async start(handler: Handler, tls?: ServerOptions): Promise<HttpServer> {
    const listener = (message: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => {
        const { method = '', url: path = '', headers } = message
        const bytes = Buffer.concat(chunks)
        const body = decoded(bytes, headers['content-encoding']).toString()
        const request = { method, path, headers, body, byteLength: bytes.length }
        started.requests.push(request)
        handler(request, response, message)
      })
    }
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
    const started = new HttpServer(server, tls === undefined ? 'http' : 'https')
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return started
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  url(path = '/hook'): string {
    return `${this.#scheme}://127.0.0.1:${this.port}${path}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
