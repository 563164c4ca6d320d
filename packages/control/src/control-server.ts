import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { compileCondition } from '@weir/expressions'
import { type Clock, type CollectorStatus, isWeirError, messageOf, WeirError } from '@weir/sdk'
import { listenPrivately } from './control-socket.ts'
import type { ReloadOutcome } from './reload-outcome.ts'
import { Tap } from './tap.ts'
import { TapAllowance } from './tap-allowance.ts'
import { findTap, type NamedPoint, type TappedPipeline, tapNames } from './tap-name.ts'
import type { TapPoints } from './tap-points.ts'

/** What can be asked of a running collector. */
export interface ControlView {
  readonly clock: Clock
  readonly taps: TapPoints
  pipelines(): readonly TappedPipeline[]
  status(): CollectorStatus
  reload(): Promise<ReloadOutcome>
  /** @param lines dead letters as they stand in a file @returns how many records were sent */
  replay(lines: string, to: string | undefined): Promise<number>
}

const maxTaps = 16
const maxConnections = 64
/** What may wait for one reader; beyond that its samples are dropped. */
const maxWaitingBytes = 512 * 1024
const statsMs = 1000
/** How long readers may take to read to the end when the collector stops. */
const graceMs = 500
const maxPerSecond = 10_000
/** Dead letters come a mebibyte at a time; a single one may be longer. */
const maxBodyLength = 64 << 20
const json = { 'content-type': 'application/json' }

/**
 * HTTP over a socket that only the owner can open, version 1: `GET /v1/status`, `GET /v1/points`,
 * `GET /v1/tap?id=…[&where=…][&limit=…][&rate=…]` (NDJSON until one side ends it), `POST /v1/reload`,
 * `POST /v1/replay[?to=…]` with dead letters, which is answered when they are delivered.
 * An error is `{"error": {"code", "message", "hint"}}`.
 */
export class ControlServer {
  readonly #view: ControlView
  readonly #server: Server
  readonly #allowance: TapAllowance
  readonly #taps = new Map<ServerResponse, (reason: string) => void>()
  #remove = () => {}

  private constructor(view: ControlView, server: Server) {
    this.#view = view
    this.#server = server
    this.#allowance = new TapAllowance(view.clock)
    server.maxConnections = maxConnections
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      response.on('error', () => {})
      response.shouldKeepAlive = false
      this.#answer(request, response).catch((error: unknown) => refuse(response, error))
    })
  }

  /** @returns the server, and the path of its socket. @throws WeirError `WEIR_CONTROL_PATH`, and what the system says */
  static async open(view: ControlView, stateDir: string): Promise<{ server: ControlServer; path: string }> {
    const { createServer } = await import('node:http')
    const http = createServer({ headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 5000 })
    const server = new ControlServer(view, http)
    const { path, remove } = await listenPrivately(http, stateDir)
    server.#remove = remove
    return { server, path }
  }

  /** Removes the socket; who has come before goes on. */
  retire(): void {
    this.#remove()
    // Another may be made in its place.
    this.#remove = () => {}
    this.#server.close()
  }

  /** Removes the socket, ends the taps, and waits for readers no longer than a moment. */
  async close(): Promise<void> {
    this.#remove()
    const grace = Promise.withResolvers<void>()
    const timer = this.#view.clock.after(graceMs, grace.resolve)
    // The server takes a connection for idle, and ends it, when its answer has been written but not yet been read.
    const read = [...this.#taps].map(([response, end]) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      response.once('close', resolve)
      end('stopped')
      return promise
    })
    await Promise.race([Promise.all(read), grace.promise])
    timer.cancel()
    const closed = Promise.withResolvers<void>()
    this.#server.close(() => closed.resolve())
    this.#server.closeAllConnections()
    await closed.promise
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://weir')
    const route = `${request.method} ${url?.pathname ?? request.url}`
    if (route === 'GET /v1/status') return reply(response, 200, this.#view.status())
    if (route === 'GET /v1/points') {
      const points = tapNames(this.#view.pipelines()).map(({ kind, id, path }): NamedPoint => ({ kind, id, path }))
      return reply(response, 200, { points })
    }
    if (route === 'GET /v1/tap' && url !== null) return this.#tap(url.searchParams, response)
    if (route === 'POST /v1/reload') return reply(response, 200, await this.#view.reload())
    if (route === 'POST /v1/replay' && url !== null) {
      const records = await this.#view.replay(await textOf(request), url.searchParams.get('to') ?? undefined)
      return reply(response, 200, { records })
    }
    throw new WeirError(`there is no ${route}`, {
      code: 'WEIR_CONTROL_UNKNOWN',
      hint: 'this Weir knows version 1: /v1/status, /v1/points, /v1/tap, /v1/reload, /v1/replay',
    })
  }

  #tap(query: URLSearchParams, response: ServerResponse): void {
    const { clock, taps } = this.#view
    const { places } = findTap(this.#view.pipelines(), query.get('id') ?? '')
    const where = query.get('where')
    const request = {
      where: where === null ? undefined : compileCondition(where),
      limit: wholeNumber(query, 'limit', Number.MAX_SAFE_INTEGER),
      perSecond: Math.min(maxPerSecond, wholeNumber(query, 'rate', 100)),
    }
    if (this.#taps.size >= maxTaps) {
      throw new WeirError(`there are ${maxTaps} taps already`, { code: 'WEIR_TAP_TOO_MANY', hint: 'end one of them' })
    }
    const isFull = () => response.writableLength > maxWaitingBytes
    const tap = new Tap(
      request,
      {
        get isFull() {
          return isFull()
        },
        write: (text) => response.write(text),
        end: (reason) => end(reason),
      },
      clock,
      this.#allowance,
    )
    const stats = (reason?: string) => `${JSON.stringify({ tap: { ...tap.counts, ...(reason && { reason }) } })}\n`
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.flushHeaders()
    const watches = places.map((place) => taps.at(place).watch(tap))
    const timer = clock.every(statsMs, () => {
      if (!isFull()) response.write(stats())
    })
    const end = (reason: string): void => {
      if (!this.#taps.delete(response)) return
      timer.cancel()
      for (const stop of watches) stop()
      response.end(stats(reason))
    }
    this.#taps.set(response, end)
    response.on('close', () => end('closed'))
  }
}

const reply = (response: ServerResponse, status: number, body: object): void => {
  if (response.destroyed) return
  response.writeHead(status, json).end(`${JSON.stringify(body)}\n`)
}

/** The body of a request. @throws WeirError `WEIR_CONTROL_TOO_LARGE` */
async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) {
    text += part
    if (text.length > maxBodyLength) {
      throw new WeirError(`the request is longer than ${maxBodyLength}`, {
        code: 'WEIR_CONTROL_TOO_LARGE',
        hint: 'send less at a time',
      })
    }
  }
  return text
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { code, hint } = isWeirError(error) ? error : { code: 'WEIR_CONTROL_FAILED', hint: undefined }
  const status = !isWeirError(error) ? 500 : code === 'WEIR_CONTROL_UNKNOWN' || code === 'WEIR_TAP_UNKNOWN' ? 404 : 400
  reply(response, status, { error: { code, message: messageOf(error), hint } })
}

/** @throws WeirError `WEIR_CONTROL_QUERY` */
function wholeNumber(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name)
  if (text === null) return otherwise
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new WeirError(`${name} is ${JSON.stringify(text)}`, {
    code: 'WEIR_CONTROL_QUERY',
    hint: `${name} is a whole number from 1 on`,
  })
}
