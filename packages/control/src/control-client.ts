import type { IncomingMessage } from 'node:http'
import { type CollectorStatus, isWeirError, messageOf, WeirError } from '@weir/sdk'
import { reachableSocketPath } from './control-socket.ts'
import type { ReloadOutcome } from './reload-outcome.ts'
import type { TapCounts } from './tap.ts'
import type { NamedPoint } from './tap-name.ts'

/** What a tap is asked for, as the command line has it. */
export interface TapQuery {
  /** Of a component or a pipeline, or a path with its section. */
  id: string
  where?: string | undefined
  limit?: string | undefined
  rate?: string | undefined
}

/** What a tap says beside the records. */
export type TapStats = TapCounts & { readonly reason?: string }

/** Longest wait for an answer that takes no time. */
const answerMs = 10_000

/** Speaks with a running collector over its socket. Every method throws a WeirError that says what is in the way. */
export class ControlClient {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async status(): Promise<CollectorStatus> {
    const answer = await this.#ask('GET', '/v1/status', answerMs)
    return bodyOf<CollectorStatus>(answer)
  }

  async points(): Promise<NamedPoint[]> {
    const { points } = await bodyOf<{ points: NamedPoint[] }>(await this.#ask('GET', '/v1/points', answerMs))
    return points
  }

  async reload(): Promise<ReloadOutcome> {
    return bodyOf<ReloadOutcome>(await this.#ask('POST', '/v1/reload'))
  }

  /** @param lines dead letters as they stand in a file @returns when they are delivered: how many records they were */
  async replay(lines: string, to: string | undefined): Promise<number> {
    const query = to === undefined ? '' : `?${new URLSearchParams({ to })}`
    const answer = await this.#ask('POST', `/v1/replay${query}`, undefined, lines)
    return (await bodyOf<{ records: number }>(answer)).records
  }

  /**
   * The records that pass a point, a line of JSON each, until the collector or `signal` ends it.
   * @returns the last that the collector said about them
   */
  async tap(query: TapQuery, onLine: (line: string) => Promise<void> | void, signal: AbortSignal): Promise<TapStats> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined)
    const answer = await this.#ask('GET', `/v1/tap?${new URLSearchParams(given)}`)
    await refusalOf(answer)
    let stats: TapStats = { passed: 0, examined: 0, matched: 0, shown: 0, dropped: 0 }
    const stop = () => answer.destroy()
    signal.addEventListener('abort', stop, { once: true })
    try {
      for await (const line of linesOf(answer)) {
        if (line.startsWith('{"tap":')) stats = JSON.parse(line).tap
        else await onLine(line)
      }
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error)
    } finally {
      signal.removeEventListener('abort', stop)
    }
    if (!signal.aborted && stats.reason === undefined) throw this.#unreachable(new Error('it has ended'))
    return stats
  }

  async #ask(method: string, path: string, timeoutMs?: number, body?: string): Promise<IncomingMessage> {
    const { request } = await import('node:http')
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(this.#unreachable(error))
      const asking = request({
        socketPath: reachableSocketPath(this.#path),
        method,
        path,
        agent: false,
        headers: { host: 'weir' },
      })
      asking.on('response', resolve).on('error', fail)
      if (timeoutMs !== undefined) {
        const timer = setTimeout(() => asking.destroy(new Error('it does not answer')), timeoutMs)
        asking.on('close', () => clearTimeout(timer))
      }
      asking.end(body)
    })
  }

  #unreachable(error: unknown): WeirError {
    if (isWeirError(error)) return error
    const code = error instanceof Error ? Reflect.get(error, 'code') : undefined
    if (code === 'EACCES' || code === 'EPERM') {
      return new WeirError(`only the owner of the collector may open ${this.#path}`, {
        code: 'WEIR_CONTROL_DENIED',
        hint: 'run this as the user that runs weir',
      })
    }
    const isGone = code === 'ENOENT' || code === 'ECONNREFUSED'
    return new WeirError(
      isGone
        ? `no collector is running here: nothing listens on ${this.#path}`
        : `the collector at ${this.#path} cannot be reached: ${messageOf(error)}`,
      {
        code: 'WEIR_CONTROL_UNREACHABLE',
        hint: 'start one (weir run), name the config that it runs with, or its socket: --socket PATH',
      },
    )
  }
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const part of answer.setEncoding('utf8')) {
    const lines = `${rest}${part}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function bodyOf<Body>(answer: IncomingMessage): Promise<Body> {
  await refusalOf(answer)
  return JSON.parse(await textOf(answer))
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of answer.setEncoding('utf8')) text += part
  return text
}

/** Throws what the collector has against the request, if anything. */
async function refusalOf(answer: IncomingMessage): Promise<void> {
  if (answer.statusCode === 200) return
  const { error } = JSON.parse(await textOf(answer))
  const { code, message, hint } = error
  throw code === 'WEIR_CONTROL_UNKNOWN'
    ? new WeirError('the running collector is of another version than this command', {
        code,
        hint: 'restart the collector with this version of Weir',
      })
    : new WeirError(message, { code, ...(hint === undefined ? {} : { hint }) })
}
