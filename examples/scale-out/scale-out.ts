import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { accessLog } from './access-log.ts'

export interface Options {
  /** Where everything is written. */
  readonly folder: string
  readonly natsUrl: string
  readonly lines: number
  readonly workers: 1 | 2
  /** Kill the first worker in the middle, and start it again. */
  readonly kills: boolean
}

export interface Outcome {
  /** Lines that no worker has written. */
  readonly lost: number
  /** Lines that were written again after the kill. */
  readonly twice: number
  /** Clients whose records were written by more than one worker. */
  readonly torn: number
  /** Titles of alerts with the client, once each. */
  readonly alerts: readonly string[]
  /** From the start of the workers until all was written. */
  readonly seconds: number
}

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const limitMs = 120_000

/** Runs an edge and workers as processes of their own over a log that is written meanwhile. */
export async function scaleOut({ folder, natsUrl, lines, workers, kills }: Options): Promise<Outcome> {
  const running = new Set<ChildProcess>()
  const weir = (name: string, ...args: string[]): ChildProcess => {
    const out = join(folder, name)
    mkdirSync(out, { recursive: true })
    const log = openSync(join(out, 'weir.log'), 'a')
    const env = { ...process.env, NATS_URL: natsUrl, OUT: out, LOGS: folder }
    const child = spawn(process.execPath, [main, 'run', ...args], {
      cwd: import.meta.dirname,
      env,
      stdio: ['ignore', log, log],
    })
    running.add(child)
    return child
  }
  const names = workers === 1 ? ['worker'] : ['worker-a', 'worker-b']
  const startWorker = (name: string) =>
    weir(name, 'weir.yaml', ...(workers === 1 ? [] : [name.replace('worker', 'share').concat('.yaml')]))
  const records = (name: string) => entriesOf(join(folder, name, 'records.ndjson'))
  const counts = names.map((name) => new LineCount(join(folder, name, 'records.ndjson')))
  /** Whether every line has been written; looked at closely only when there are enough of them. */
  const isComplete = () =>
    counts.reduce((sum, count) => sum + count.read(), 0) >= lines &&
    new Set(names.flatMap((name) => records(name).map(({ number }) => number))).size === lines
  const until = async (what: string, isSo: () => boolean) => {
    for (const deadline = performance.now() + limitMs; !isSo(); await wait(100)) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`)
    }
  }
  try {
    const log = join(folder, 'access.log')
    const half = Math.floor(lines / 2)
    // Without a kill all of it waits in the stream first, so that the workers alone are timed.
    appendFileSync(log, accessLog(0, kills ? half : lines))
    const edge = weir('edge', 'edge.yaml', ...(kills ? [] : ['--once']))
    if (!kills) await once(edge, 'exit')
    const since = performance.now()
    const [first] = names.map(startWorker)
    if (kills && first !== undefined) {
      await until('the first half', () => (counts[0]?.read() ?? 0) > 0)
      appendFileSync(log, accessLog(half, lines))
      first.kill('SIGKILL')
      await once(first, 'exit')
      startWorker(names[0] ?? '')
    }
    await until('everything', isComplete)
    const seconds = (performance.now() - since) / 1000
    // Alerts follow the records that they are about.
    const alerts = () => new Set(names.flatMap((name) => alertsOf(join(folder, name, 'alerts.ndjson'))))
    for (let seen = -1; seen !== alerts().size; await wait(1000)) seen = alerts().size
    return { seconds, alerts: [...alerts()].sort(), ...summed(names.map(records), lines) }
  } finally {
    for (const child of running) child.kill('SIGKILL')
  }
}

/** Counts the lines of a file that grows. */
class LineCount {
  readonly #path: string
  #offset = 0
  #lines = 0

  constructor(path: string) {
    this.#path = path
  }

  read(): number {
    if (!existsSync(this.#path)) return 0
    const file = openSync(this.#path, 'r')
    const chunk = Buffer.alloc(2 ** 20)
    for (let length = 0; ; this.#offset += length) {
      length = readSync(file, chunk, 0, chunk.length, this.#offset)
      if (length === 0) break
      for (let at = chunk.indexOf(10); at >= 0 && at < length; at = chunk.indexOf(10, at + 1)) this.#lines++
    }
    closeSync(file)
    return this.#lines
  }
}

interface Written {
  readonly number: number
  readonly client: string
}

const linesOf = (path: string): { attributes: { [name: string]: unknown }; body: string }[] =>
  !existsSync(path)
    ? []
    : readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return [JSON.parse(line)]
          } catch {
            // Not whole: being written, or cut by the kill.
            return []
          }
        })

const entriesOf = (path: string): Written[] =>
  linesOf(path).map(({ attributes, body }) => ({
    number: Number(/shop\.example\/(\d+)/.exec(body)?.[1]),
    client: String(attributes['client.address']),
  }))

const alertsOf = (path: string): string[] =>
  linesOf(path)
    .filter(({ attributes }) => attributes['alert.state'] === 'firing')
    .map(({ attributes }) => JSON.stringify(attributes['alert.group']))

function summed(all: readonly (readonly Written[])[], lines: number) {
  const numbers = all.flatMap((entries) => entries.map(({ number }) => number))
  const unique = new Set(numbers).size
  const workersOf = new Map<string, Set<number>>()
  for (const [worker, entries] of all.entries()) {
    for (const { client } of entries) workersOf.set(client, (workersOf.get(client) ?? new Set()).add(worker))
  }
  const torn = Array.from(workersOf.values()).filter(({ size }) => size > 1).length
  return { lost: lines - unique, twice: numbers.length - unique, torn }
}
