import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type LineSource,
  type LogBatch,
  type PackedBatch,
  type Parser,
  type Processor,
  packBatch,
  transferList,
  unpackBatch,
} from '@weir/sdk'
import type { Tinypool } from 'tinypool'
import { ThreadGroup } from './thread-group.ts'
import type { RevisedComponent, WorkerComponent } from './worker-component.ts'

/** A parser in worker threads: lines in, batches out, in their order. */
export interface RemoteParser {
  /**
   * @param bytes complete lines of valid UTF-8; they are moved and gone for the caller
   * @returns nothing if the parser does not run at the moment
   */
  parse(bytes: Uint8Array, source: LineSource): Promise<LogBatch[] | undefined>
  /** For lines that could not be parsed there; left out, the parser on this thread. */
  readonly fallback?: Parser
  /** Called when no more lines will come. */
  close?(): Promise<void>
}

/** The worker threads of the process, started when the first task comes. */
export class WorkerPool {
  readonly #groups = new Set<ThreadGroup>()
  #threads = 0
  #pool: Pool | undefined
  /** Pools of another size whose last tasks are being done. */
  #ending: Promise<unknown> = Promise.resolve()

  /** @param threads how many; 0 runs everything on the main thread */
  constructor(threads: number) {
    this.resize(threads)
  }

  get isEnabled(): boolean {
    return this.#threads > 0
  }

  /** Tasks go to so many threads from now on; those under way end where they are. */
  resize(threads: number): void {
    const wanted = Math.min(threads, availableParallelism())
    if (wanted === this.#threads) return
    this.#threads = wanted
    const former = this.#pool
    this.#pool = undefined
    if (former !== undefined) this.#ending = Promise.all([this.#ending, ended(former)])
  }

  parser(component: WorkerComponent): RemoteParser {
    const revised = revisionOf(component)
    return {
      parse: async (bytes) => {
        const moved = [bytes.buffer as ArrayBuffer]
        return (await this.#run('parse', { component: revised, bytes }, moved)).map(unpackBatch)
      },
    }
  }

  processor(component: WorkerComponent): Processor {
    const revised = revisionOf(component)
    return {
      process: async (batch) => {
        const packed = packBatch(batch)
        const [result] = await this.#run('process', { component: revised, batch: packed }, transferList(packed))
        return result === undefined ? null : unpackBatch(result)
      },
    }
  }

  /** For the threads of a component that is isolated: they end with the others. */
  group(): ThreadGroup {
    const group = new ThreadGroup()
    this.#groups.add(group)
    return group
  }

  /** Ends the threads of all components but these. */
  async keepOnly(groups: Iterable<ThreadGroup>): Promise<void> {
    const going = [...this.#groups.difference(new Set(groups))]
    for (const group of going) this.#groups.delete(group)
    await Promise.all(going.map((group) => group.close()))
  }

  async close(): Promise<void> {
    await this.keepOnly([])
    this.resize(0)
    await this.#ending
  }

  async #run(name: 'parse' | 'process', task: object, moved: ArrayBuffer[]): Promise<PackedBatch[]> {
    if (!this.isEnabled) throw new Error('the worker threads have ended')
    this.#pool ??= poolOf(this.#threads)
    const { tinypool, underWay } = this.#pool
    const running = tinypool.then((pool): Promise<PackedBatch[]> => pool.run(task, { name, transferList: moved }))
    underWay.add(running)
    try {
      return await running
    } finally {
      underWay.delete(running)
    }
  }
}

interface Pool {
  readonly tinypool: Promise<Tinypool>
  readonly underWay: Set<Promise<unknown>>
}

const poolOf = (threads: number): Pool => ({
  tinypool: import('tinypool').then(
    ({ Tinypool: Pool }) =>
      new Pool({
        filename: fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url)),
        runtime: 'worker_threads',
        minThreads: threads,
        maxThreads: threads,
        isolateWorkers: false,
      }),
  ),
  underWay: new Set(),
})

async function ended({ tinypool, underWay }: Pool): Promise<void> {
  await Promise.allSettled(underWay)
  await (await tinypool).destroy()
}

/** Says in which form a component is meant, so that a worker that has made another since makes it anew. */
const revisionOf = (component: WorkerComponent): RevisedComponent => ({
  ...component,
  revision: JSON.stringify([component.entry, component.config]),
})
