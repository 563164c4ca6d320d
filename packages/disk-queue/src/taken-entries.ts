import type { LogBatch } from '@weir/sdk'
import type { Place } from './cursor.ts'
import type { Segment } from './segment.ts'

/** An entry that was taken: it stays on the disk until it is done. */
export interface Taken {
  readonly batch: LogBatch
  readonly segment: Segment
  readonly end: number
  readonly records: number
  readonly bytes: number
  readonly time: number
  isDone: boolean
  /** Told when nobody looks at its memory any more. */
  readonly release: (() => void) | undefined
}

/** Entries that were taken, in order, from the first that is not done. */
export class TakenEntries {
  #entries: Taken[] = []

  add(taken: Taken): void {
    taken.segment.taken++
    this.#entries.push(taken)
  }

  /** Returns where the cursor may go to: behind what is done and has nothing before it that is not. */
  done(taken: Taken): Place | undefined {
    taken.isDone = true
    taken.segment.taken--
    taken.release?.()
    const open = this.#entries.findIndex(({ isDone }) => !isDone)
    const last = this.#entries.splice(0, open < 0 ? this.#entries.length : open).at(-1)
    return last === undefined ? undefined : { segment: last.segment.number, offset: last.end }
  }

  /** Records that are not done. */
  get records(): number {
    return this.#entries.reduce((sum, { records, isDone }) => sum + (isDone ? 0 : records), 0)
  }

  /** Bytes of the entries that are not done. */
  get bytes(): number {
    return this.#entries.reduce((sum, { bytes, isDone }) => sum + (isDone ? 0 : bytes), 0)
  }

  /** When the oldest that is not done was written. */
  get oldestTime(): number | undefined {
    return this.#entries.find(({ isDone }) => !isDone)?.time
  }
}
