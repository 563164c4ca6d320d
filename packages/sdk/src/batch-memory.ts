import type { LogBatch } from './batch.ts'

/**
 * What an exporter remembers of a batch from one attempt to the next: which of its records the sink has already. It is
 * forgotten when the batch is emptied to be filled with others.
 */
export class BatchMemory<Value> {
  readonly #entries = new WeakMap<LogBatch, { readonly generation: number; readonly value: Value }>()

  get(batch: LogBatch): Value | undefined {
    const entry = this.#entries.get(batch)
    return entry?.generation === batch.generation ? entry.value : undefined
  }

  set(batch: LogBatch, value: Value): void {
    this.#entries.set(batch, { generation: batch.generation, value })
  }

  delete(batch: LogBatch): void {
    this.#entries.delete(batch)
  }
}
