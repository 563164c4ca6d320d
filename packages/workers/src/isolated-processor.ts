import { type LogBatch, type Processor, packBatch, transferList, unpackBatch } from '@weir/sdk'
import type { IsolatedThread } from './isolated-thread.ts'

/** A processor in a thread of its own. The batch with which it fails is lost; those behind it wait for it to come back. */
export class IsolatedProcessor implements Processor {
  readonly #thread: IsolatedThread

  constructor(thread: IsolatedThread) {
    this.#thread = thread
  }

  start(): Promise<void> {
    return this.#thread.start()
  }

  async process(batch: LogBatch): Promise<LogBatch | null> {
    await this.#thread.ready()
    const packed = packBatch(batch)
    const result = await this.#thread.request('process', [packed], transferList(packed))
    if (result === null) return null
    if (result.is === 'batch') return unpackBatch(result.batch)
    return result.rows === null ? batch : batch.select(result.rows.map((index) => batch.rowAt(index)))
  }

  async flush(): Promise<readonly LogBatch[]> {
    if (!this.#thread.isUp || !this.#thread.mayHave('flush')) return []
    const rest = await this.#thread.request('flush', [])
    return rest.map((batch) => unpackBatch(batch))
  }

  async stop(): Promise<void> {
    try {
      if (this.#thread.isUp) await this.#thread.request('stop', [])
    } finally {
      await this.#thread.close()
    }
  }
}
