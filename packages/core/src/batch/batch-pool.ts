import { LogBatch } from '@weir/sdk'

/** Batches beyond which the pool lets the garbage collector have them. */
const maxIdle = 32
const capacity = 4096

/**
 * Batches to be filled again: their columns are a few hundred kilobytes, which are dear to allocate and zero for every
 * batch. Who takes one gives it back when its delivery has settled.
 */
export class BatchPool {
  readonly #idle: LogBatch[] = []

  take(): LogBatch {
    return this.#idle.pop() ?? new LogBatch({ capacity })
  }

  give(batch: LogBatch): void {
    if (batch.capacity === capacity && this.#idle.length < maxIdle) this.#idle.push(batch.reset())
  }
}
