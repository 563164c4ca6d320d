import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from './random.ts'

/** What the sink does with a request. */
type Mood = 'take' | 'refuse' | 'throttle' | 'reset' | 'hang' | 'take_and_reset'

const moods: readonly [Mood, ...Mood[]] = ['refuse', 'throttle', 'reset', 'hang', 'take_and_reset']
const hangMs = 150

/** An HTTP sink that fails at random, and remembers the bodies that it took. */
export class FlakySink {
  readonly #server: Server
  readonly #random: Random
  readonly #failures: number
  readonly #taken: (body: string) => void
  /** Requests that were not taken. */
  failed = 0

  /** @param failures share of requests that fail, 0 to 1 */
  constructor(random: Random, failures: number, taken: (body: string) => void) {
    this.#random = random
    this.#failures = failures
    this.#taken = taken
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}/`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mood = this.#random.chance(this.#failures) ? this.#random.pick(moods) : 'take'
    if (mood !== 'take') this.failed++
    if (mood === 'reset') return void request.socket.destroy()
    let body = ''
    request.setEncoding('utf8')
    try {
      for await (const part of request) body += part
    } catch {
      // The collector was killed in mid-body: what came is not a body.
      return
    }
    if (mood === 'take' || mood === 'take_and_reset') this.#taken(body)
    if (mood === 'take_and_reset') return void request.socket.destroy()
    if (mood === 'hang') await new Promise((resolve) => setTimeout(resolve, hangMs))
    const status = { take: 200, refuse: 503, throttle: 429, hang: 504 }[mood]
    response.writeHead(status, mood === 'throttle' ? { 'retry-after': '0' } : {}).end()
  }
}
