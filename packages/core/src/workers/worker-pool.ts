import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogBatch, Processor } from '@weir/sdk'
import type { Tinypool } from 'tinypool'
import { type PackedBatch, packBatch, transferList, unpackBatch } from './packed-batch.ts'
import type { WorkerComponent } from './worker.ts'

/** A parser in worker threads: lines in, batches out, in their order. */
export interface RemoteParser {
  /** @param bytes complete lines of valid UTF-8; they are moved and gone for the caller */
  parse(bytes: Uint8Array): Promise<LogBatch[]>
}

/** The worker threads of the process, started when the first task comes. */
export class WorkerPool {
  readonly #threads: number
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

  async close(): Promise<void> {
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
