import type { LogBatch } from '@weir/sdk'
import type { Place } from './cursor.ts'
import type { Segment } from './segment.ts'

/** An entry that was taken. If it is on the disk, it stays there until it is done. */
export interface Taken {
  readonly batch: LogBatch
  readonly records: number
  readonly bytes: number
  /** When it came, Unix epoch in milliseconds. */
  readonly time: number
  /** Where it is on the disk, if it is there. */
  place: { readonly segment: Segment; readonly end: number } | undefined
  isDone: boolean
  /** It was not exported, and is not in this run. */
  hasFailed: boolean
  /** It is on its way to the disk. */
  isBeingWritten: boolean
  /** Told when it is done before it was written. */
  settle?: (() => void) | undefined
  /** Told when it has failed and was not written. */
  fail?: () => void
  /** Told when nobody looks at its memory any more. */
  readonly release: (() => void) | undefined
}

/** Entries that were taken, in order, from the first that is not done. */
export class TakenEntries {
  #entries: Taken[] = []

  add(taken: Taken): void {
    if (taken.place !== undefined) taken.place.segment.taken++
    this.#entries.push(taken)
  }

  /** It is at its place now. Returns where the cursor may go to. */
  written(taken: Taken, segment: Segment, end: number): Place | undefined {
    taken.isBeingWritten = false
    taken.place = { segment, end }
    taken.settle = undefined
    if (taken.isDone) taken.release?.()
    else segment.taken++
    return this.#passed()
  }

  /** It will not be written: `fail` is told if it is not exported, either. */
  givenUp(taken: Taken, fail: () => void): void {
    // What was done while it waited to be written has given back its memory.
    if (taken.isDone && taken.isBeingWritten) taken.release?.()
    taken.isBeingWritten = false
    if (taken.hasFailed) fail()
    else taken.fail = fail
    this.#passed()
  }

  /** Returns where the cursor may go to. */
  done(taken: Taken): Place | undefined {
    taken.isDone = true
    taken.settle?.()
    if (taken.place !== undefined) taken.place.segment.taken--
    if (!taken.isBeingWritten) taken.release?.()
    return this.#passed()
  }

  failed(taken: Taken): void {
    taken.hasFailed = true
    taken.fail?.()
  }

  /** Records that are not done. */
  get records(): number {
    return this.#entries.reduce((sum, { records, isDone }) => sum + (isDone ? 0 : records), 0)
  }

  /** Bytes of the entries that are not done. */
  get bytes(): number {
    return this.#entries.reduce((sum, { bytes, isDone }) => sum + (isDone ? 0 : bytes), 0)
  }

  /** When the oldest that is not done came. */
  get oldestTime(): number | undefined {
    return this.#entries.find(({ isDone }) => !isDone)?.time
  }

  /** The place behind what is done and has nothing before it that is not. */
  #passed(): Place | undefined {
    const open = this.#entries.findIndex(({ isDone, isBeingWritten }) => !isDone || isBeingWritten)
    const passed = this.#entries.splice(0, open < 0 ? this.#entries.length : open)
    const place = passed.findLast((taken) => taken.place !== undefined)?.place
    return place === undefined ? undefined : { segment: place.segment.number, offset: place.end }
  }
}
