import { type HttpAnswer, HttpListener, HttpProblem, type HttpRequest, smallServerLimits } from '@weir/http-server'
import type { Clock, Extension, Status } from '@weir/sdk'
import type { HealthConfig, HealthServices } from './config.ts'
import { type Readiness, readinessOf } from './readiness.ts'

/** How long what was found holds: probes that come more often cost nothing. */
const freshMs = 1000

/** Answers probes. It starts before everything else and stops after it, so that it can say what is under way. */
export class Health implements Extension {
  readonly #config: HealthConfig
  readonly #status: Status
  readonly #clock: Clock
  readonly #listener: HttpListener
  #found: { readonly readiness: Readiness; readonly at: number } | undefined

  constructor(config: HealthConfig, services: HealthServices) {
    this.#config = config
    this.#status = services.status
    this.#clock = services.clock
    this.#listener = new HttpListener({
      config: { ...smallServerLimits, ...config },
      services,
      handle: (request) => this.#answer(request),
    })
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#listener.port
  }

  start(): Promise<void> {
    return this.#listener.start()
  }

  stop(): Promise<void> {
    return this.#listener.close()
  }

  #answer({ method, path }: HttpRequest): HttpAnswer {
    const { liveness_path: live, readiness_path: ready } = this.#config
    if (path !== live && path !== ready && path !== '/')
      throw new HttpProblem(404, `there is no ${path} here: ask ${live} or ${ready}`)
    if (method !== 'GET' && method !== 'HEAD')
      throw new HttpProblem(405, 'ask by GET or HEAD', { headers: { allow: 'GET, HEAD' } })
    if (path === live) return json(200, { status: 'alive' })
    const readiness = this.#readiness()
    return json(readiness.status === 'ready' ? 200 : 503, readiness)
  }

  #readiness(): Readiness {
    const now = this.#clock.monotonic()
    if (this.#found === undefined || now - this.#found.at >= freshMs)
      this.#found = { readiness: readinessOf(this.#status.read(), this.#config.max_circuit_open), at: now }
    return this.#found.readiness
  }
}

const json = (status: number, body: object): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: `${JSON.stringify(body)}\n`,
})
