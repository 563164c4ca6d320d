import type { Onlooker } from '@weir/control'
import { type LogBatch, Record } from '@weir/sdk'

/** Keeps what passes the points that one expectation is about. */
export class SeenRecords implements Onlooker {
  readonly #records: Record[] = []

  /** In the order in which they came. */
  get records(): readonly Record[] {
    return this.#records
  }

  see(batch: LogBatch): void {
    // The pipeline uses its batch again; a copy's records can be looked at when all is over.
    const copy = batch.copy()
    for (let index = 0; index < copy.length; index++) this.#records.push(new Record(copy).at(copy.rowAt(index)))
  }

  failed(): void {}
}
