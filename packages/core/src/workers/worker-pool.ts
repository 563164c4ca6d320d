import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LineSource, LogBatch, Parser, Processor } from '@weir/sdk'
import type { Tinypool } from 'tinypool'
import type { IsolatedThread } from './isolated-thread.ts'
import { type PackedBatch, packBatch, transferList, unpackBatch } from './packed-batch.ts'
import type { WorkerComponent } from './worker-component.ts'

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
  readonly #threads: number
  readonly #isolated = new Set<IsolatedThread>()
  #pool: Promise<Tinypool> | undefined

  /** @param threads how many; 0 runs everything on the main thread */
  constructor(threads: number) {
    this.#threads = Math.min(threads, availableParallelism())
  }

  get isEnabled(): boolean {
    return this.#threads > 0
  }

  parser(component: WorkerComponent): RemoteParser {
    return {
      parse: async (bytes) => {
        const packed: PackedBatch[] = await (await this.#running()).run(
          { component, bytes },
          { name: 'parse', transferList: [bytes.buffer as ArrayBuffer] },
        )
        return packed.map(unpackBatch)
      },
    }
  }

  processor(component: WorkerComponent): Processor {
    return {
      process: async (batch) => {
        const packed = packBatch(batch)
        const results: PackedBatch[] = await (await this.#running()).run(
          { component, batch: packed },
          { name: 'process', transferList: transferList(packed) },
        )
        return results[0] === undefined ? null : unpackBatch(results[0])
      },
    }
  }

  /** Sees to it that a component's own thread ends with the others. */
  adopt(thread: IsolatedThread): IsolatedThread {
    for (const other of this.#isolated) if (other.isClosed) this.#isolated.delete(other)
    this.#isolated.add(thread)
    return thread
  }

  async close(): Promise<void> {
    await Promise.all([...this.#isolated].map((thread) => thread.close()))
    await (await this.#pool)?.destroy()
  }

  #running(): Promise<Tinypool> {
    this.#pool ??= import('tinypool').then(
      ({ Tinypool: Pool }) =>
        new Pool({
          filename: fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url)),
          runtime: 'worker_threads',
          minThreads: this.#threads,
          maxThreads: this.#threads,
          isolateWorkers: false,
        }),
    )
    return this.#pool
  }
}
