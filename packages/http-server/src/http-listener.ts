import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type Authenticator,
  Authenticators,
  Clock,
  ComponentId,
  type Injected,
  Logger,
  Meter,
  messageOf,
  RunMode,
} from '@weir/sdk'
import { handshakeProblem, serverTls } from '@weir/tls-files'
import { readBody } from './body.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { cannotListen } from './errors.ts'
import { HttpProblem, isHttpProblem, problemAnswer, stopping } from './http-problem.ts'
import type { HttpAnswer, HttpRequest } from './http-request.ts'
import type { HttpServerConfig } from './http-server-keys.ts'
import { PendingBytes } from './pending-bytes.ts'
import { Refusals } from './refusals.ts'

/** The services that a listener needs, for a component's `inject`. */
export const httpServerServices = {
  authenticators: Authenticators,
  clock: Clock,
  componentId: ComponentId,
  logger: Logger,
  meter: Meter,
  runMode: RunMode,
}

export interface HttpListenerOptions {
  readonly config: HttpServerConfig
  readonly services: Injected<typeof httpServerServices>
  /** Answers a request; called in parallel. An `HttpProblem` that it throws becomes the answer, anything else a 500. */
  handle(request: HttpRequest): Promise<HttpAnswer> | HttpAnswer
  /** How problems are told; as RFC 9457 has it if left out. */
  answerProblem?(problem: HttpProblem, request: HttpRequest): HttpAnswer
}

/** How long answers may take to be written when everything else has come to its end. */
const graceMs = 1000

/** Longest time for a handshake. */
const handshakeMs = 10_000

/**
 * Listens for HTTP or HTTPS with limits on all that a client could make it hold: connections, headers, bodies, time.
 * Life: `start`, then `stop` (takes in nothing more), then `close` (when the answers are known).
 */
export class HttpListener {
  readonly #options: HttpListenerOptions
  readonly #endpoint: Endpoint
  readonly #pending: PendingBytes
  readonly #refusals: Refusals
  /** Aborts the reading of bodies. */
  readonly #stopping = new AbortController()
  readonly #answering = new Set<Promise<void>>()
  #authenticator: Authenticator | undefined
  #server: Server | undefined
  #starting: Promise<void> | undefined
  #closed: Promise<void> = Promise.resolve()

  /** @throws WeirError `WEIR_HTTP_ENDPOINT` */
  constructor(options: HttpListenerOptions) {
    const { config, services } = options
    this.#options = options
    this.#endpoint = parseEndpoint(config.endpoint)
    this.#pending = new PendingBytes(config.max_pending_size)
    this.#refusals = new Refusals(services.meter, services.logger, services.clock)
  }

  /** The port that it listens on, 0 if it does not. */
  get port(): number {
    const address = this.#server?.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** @throws WeirError `WEIR_HTTP_LISTEN`, `WEIR_HTTP_TLS`, `WEIR_AUTHENTICATOR_UNKNOWN` */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  /** Takes no more connections, refuses further requests with 503, those too whose bodies have not all come. */
  async stop(): Promise<void> {
    this.#stopping.abort(stopping())
    await this.#starting?.catch(() => {})
    const server = this.#server
    if (server?.listening !== true) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed = promise
    server.close(() => resolve())
    server.closeIdleConnections()
  }

  /** Waits a moment for the answers that are under way, and ends all connections. */
  async close(): Promise<void> {
    await this.stop()
    const grace = Promise.withResolvers<void>()
    const timer = this.#options.services.clock.after(graceMs, grace.resolve)
    await Promise.race([Promise.all(this.#answering), grace.promise])
    timer.cancel()
    this.#server?.closeAllConnections()
    await this.#closed
  }

  async #start(): Promise<void> {
    const { config, services } = this.#options
    if (config.auth !== undefined) this.#authenticator = services.authenticators.resolve(config.auth.authenticator)
    const server = this.#createServer()
    this.#server = server
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(this.#endpoint.port, this.#endpoint.host, resolve)
    try {
      await promise
    } catch (error) {
      throw cannotListen(services.componentId, config.endpoint, error)
    }
    server.off('error', reject)
    server.on('error', (error) => this.#refusals.add('accept', undefined, error.message))
  }

  #createServer(): Server {
    const { config, services } = this.#options
    const { componentId: component, runMode } = services
    const timeouts: ServerOptions = {
      headersTimeout: config.read_header_timeout,
      requestTimeout: Math.max(config.read_timeout, config.read_header_timeout),
      keepAliveTimeout: config.idle_timeout,
      connectionsCheckingInterval: Math.max(50, Math.min(5000, config.read_header_timeout / 4)),
    }
    const server =
      config.tls === undefined
        ? createServer(timeouts)
        : createSecureServer({
            ...timeouts,
            handshakeTimeout: handshakeMs,
            ...serverTls(config.tls, { baseDir: runMode.baseDir, component, code: 'WEIR_HTTP_TLS' }),
          })
    server.maxConnections = config.max_connections
    const open = services.meter.gauge('weir_http_server_open_connections', {
      description: 'Connections that are open',
      unit: '{connection}',
    })
    let connections = 0
    server.on('connection', (socket) => {
      open.record(++connections)
      socket.on('close', () => open.record(--connections))
    })
    server.on('drop', (data) =>
      this.#refusals.add('max_connections', data?.remoteAddress, 'a connection, there are enough (max_connections)'),
    )
    server.on('tlsClientError', (error: Error, socket: Socket) => {
      socket.destroy()
      this.#refusals.add('tls', socket.remoteAddress, `a connection, its handshake failed: ${handshakeProblem(error)}`)
    })
    server.on('clientError', (error, socket) => this.#answerGibberish(error, socket))
    server.on('request', (request, response) => this.#serve(request, response))
    server.on('checkContinue', (request, response) => this.#serve(request, response, true))
    return server
  }

  /** What is no request, or does not come to its end in time. */
  #answerGibberish(error: NodeJS.ErrnoException, socket: Duplex & { remoteAddress?: string }): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
    this.#refusals.add(String(status), socket.remoteAddress, error.message)
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
    socket.end(head, () => socket.destroy())
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue = false): void {
    const share = this.#pending.share()
    const answering = this.#answer(request, response, share.reserve, expectsContinue).finally(() => {
      share.release()
      this.#answering.delete(answering)
    })
    this.#answering.add(answering)
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    reserve: (bytes: number) => void,
    expectsContinue: boolean,
  ): Promise<void> {
    const gone = new AbortController()
    response.on('error', () => {})
    const closed = new Promise<void>((resolve) =>
      response.on('close', () => {
        gone.abort(new HttpProblem(499, 'the client has gone away'))
        resolve()
      }),
    )
    const url = URL.parse(request.url ?? '', 'http://weir')
    let mayContinue = expectsContinue
    let asked: HttpRequest = {
      method: request.method ?? '',
      path: url?.pathname ?? '',
      query: url?.searchParams ?? new URLSearchParams(),
      headers: request.headers,
      peer: request.socket.remoteAddress ?? '',
      identity: undefined,
      signal: gone.signal,
      read: async (leaves = []) => {
        return readBody(request, {
          leaves,
          begin: () => {
            if (mayContinue) response.writeContinue()
            mayContinue = false
          },
          maxBytes: this.#options.config.max_request_body_size,
          reserve,
          signal: this.#stopping.signal,
        })
      },
    }
    let answer: HttpAnswer
    try {
      this.#stopping.signal.throwIfAborted()
      if (url === null) throw new HttpProblem(400, 'the target of the request is no path')
      asked = { ...asked, identity: await this.#identify(request) }
      answer = await this.#options.handle(asked)
    } catch (error) {
      answer = this.#answerOf(error, asked)
    }
    if (response.destroyed) return
    // A client that was told neither to go on nor to stop might take the connection for ready, and its body for a request.
    if (mayContinue || this.#stopping.signal.aborted) response.setHeader('connection', 'close')
    response.writeHead(answer.status, { ...answer.headers })
    response.end(request.method === 'HEAD' ? undefined : answer.body)
    await closed
  }

  async #identify({ headers }: IncomingMessage): Promise<HttpRequest['identity']> {
    const authenticator = this.#authenticator
    if (authenticator === undefined) return undefined
    const identity = await authenticator.authenticate(headers)
    if (identity !== undefined) return identity
    throw new HttpProblem(401, 'the request proves no one whom the authenticator knows', {
      headers: { 'www-authenticate': authenticator.challenge },
    })
  }

  #answerOf(error: unknown, request: HttpRequest): HttpAnswer {
    let problem: HttpProblem
    if (isHttpProblem(error)) {
      problem = error
      this.#refusals.add(String(problem.status), request.peer, `${request.method} ${request.path}: ${problem.message}`)
    } else {
      problem = new HttpProblem(500, 'the server failed', { cause: error })
      this.#options.services.logger.error({ error: messageOf(error), path: request.path }, 'a request failed')
    }
    return (this.#options.answerProblem ?? problemAnswer)(problem, request)
  }
}
