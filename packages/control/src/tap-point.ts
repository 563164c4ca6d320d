import type { LogBatch } from '@weir/sdk'

/** Someone who looks at batches as they pass. Called in the pipeline's own time: must be quick, and keep nothing. */
export interface Onlooker {
  see(batch: LogBatch): void
  /** It threw, and sees nothing any more. */
  failed(error: unknown): void
}

/** A point of the running graph that records pass: counted always, seen by those who look on. */
export class TapPoint {
  /** Records that have passed. */
  records = 0
  #onlookers: readonly Onlooker[] = []

  get isWatched(): boolean {
    return this.#onlookers.length > 0
  }

  /** Called by the stage for every batch. */
  pass(batch: LogBatch): void {
    this.records += batch.length
    if (this.isWatched) this.#show(batch)
  }

  /** @returns how to end it */
  watch(onlooker: Onlooker): () => void {
    this.#onlookers = [...this.#onlookers, onlooker]
    return () => this.#remove(onlooker)
  }

  #show(batch: LogBatch): void {
    for (const onlooker of this.#onlookers) {
      try {
        onlooker.see(batch)
      } catch (error) {
        this.#remove(onlooker)
        onlooker.failed(error)
      }
    }
  }

  #remove(onlooker: Onlooker): void {
    this.#onlookers = this.#onlookers.filter((one) => one !== onlooker)
  }
}
