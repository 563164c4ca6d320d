import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getHeapSnapshot } from 'node:v8'
import {
  checkEndpoint,
  type HttpAnswer,
  HttpListener,
  HttpProblem,
  type HttpRequest,
  smallServerLimits,
} from '@weir/http-server'
import { type Extension, formatDuration, messageOf } from '@weir/sdk'
import type { ProfilingConfig, ProfilingServices } from './config.ts'
import { cpuProfile } from './cpu-profile.ts'
import { exposed } from './errors.ts'
import { ProfileFolder } from './profile-folder.ts'

const defaultSeconds = 10

/** @throws WeirError `WEIR_HTTP_ENDPOINT`, `WEIR_PROFILING_EXPOSED` */
export function checkProfiling({ auth, endpoint }: ProfilingConfig): void {
  checkEndpoint({ endpoint })
  if (auth === undefined && !isLocal(endpoint)) throw exposed(endpoint)
}

/** Takes profiles when it is asked to, one at a time, and says where they are. */
export class Profiling implements Extension {
  readonly #config: ProfilingConfig
  readonly #services: ProfilingServices
  readonly #listener: HttpListener
  readonly #folder: ProfileFolder
  readonly #stopping = new AbortController()
  /** What is under way. */
  #busyWith: string | undefined

  constructor(config: ProfilingConfig, services: ProfilingServices) {
    this.#config = config
    this.#services = services
    this.#folder = new ProfileFolder(services.runMode)
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

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#listener.close()
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const { method, path, headers } = request
    if (path !== '/cpu' && path !== '/heap')
      throw new HttpProblem(404, `there is no ${path} here: post to /cpu?seconds=${defaultSeconds} or /heap`)
    if (method !== 'POST') throw new HttpProblem(405, `${path} wants a POST`, { headers: { allow: 'POST' } })
    // A web page that is open on this machine could otherwise ask for it.
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
      throw new HttpProblem(403, 'browsers are not answered')
    if (path === '/heap') return this.#alone('a heap snapshot', () => this.#heap())
    const seconds = this.#secondsOf(request)
    return this.#alone('a CPU profile', () => this.#cpu(seconds))
  }

  async #alone(what: string, take: () => Promise<string>): Promise<HttpAnswer> {
    if (this.#busyWith !== undefined) throw new HttpProblem(409, `${this.#busyWith} is being taken: ask again later`)
    this.#busyWith = what
    try {
      const path = await take()
      this.#services.logger.info({ path }, `${what} was taken`)
      const body = `${JSON.stringify({ path })}\n`
      return { status: 200, headers: { 'content-type': 'application/json' }, body }
    } catch (error) {
      this.#services.logger.error({ error: messageOf(error) }, `${what} could not be taken`)
      throw new HttpProblem(500, `${what} could not be taken: ${messageOf(error)}`, { cause: error })
    } finally {
      this.#busyWith = undefined
    }
  }

  #secondsOf({ query }: HttpRequest): number {
    const text = query.get('seconds') ?? String(defaultSeconds)
    const { max_duration: maxMs } = this.#config
    if (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) * 1000 <= maxMs) return Number(text)
    throw new HttpProblem(400, `seconds is a whole number from 1 to ${formatDuration(maxMs)} (max_duration)`)
  }

  async #cpu(seconds: number): Promise<string> {
    const { clock } = this.#services
    // A stop ends the profile sooner; what there is of it is kept.
    const profile = await cpuProfile(() => clock.sleep(seconds * 1000, this.#stopping.signal).catch(() => {}))
    return this.#write('cpu', 'cpuprofile', Readable.from([profile]))
  }

  #heap(): Promise<string> {
    return this.#write('heap', 'heapsnapshot', getHeapSnapshot())
  }

  async #write(name: string, extension: string, content: Readable): Promise<string> {
    const file = this.#folder.create(name, extension, this.#services.clock.now())
    await pipeline(content, file)
    return String(file.path)
  }
}

function isLocal(endpoint: string): boolean {
  const host = endpoint.slice(0, Math.max(0, endpoint.lastIndexOf(':'))).replace(/^\[|\]$/g, '')
  return host === '' || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
