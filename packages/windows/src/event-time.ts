import type { AttributeValue, LogBatch } from '@weir/sdk'
import { Saved, savedTime } from './saved.ts'

/** The watermark moves in steps of this size, so that it moves at the same records whatever the sizes of the batches. */
const stepMs = 1000
/** A source that has been silent for this long holds the watermark back no longer. */
const idleMs = 10_000
/** The same in records of other sources, for runs that do not look at the clock. */
const idleRecords = 100_000
/** A step forward by more than this counts once a second record confirms it: a single wrong date must not close all windows. */
const maxJumpMs = 3_600_000
/** Records in a row that are behind by more than that, until it is the watermark that is taken to be wrong. */
const maxPast = 10_000
/** Sources that are remembered. */
const maxSources = 10_000

interface Source {
  maxTime: number
  /** Whether its records have times of their own. */
  isTimed: boolean
  /** A time far ahead that awaits confirmation. */
  jump: number
  /** When its last record came, on the monotonic clock. */
  seenAt: number
  /** How many records there had been from all sources when its last one came. */
  seenCount: number
}

/**
 * Where a batch is to be cut: slice i begins at `starts[i]`, after the watermark has come to `watermarks[i]`. NaN there
 * is a watermark that stays; minus infinity, one that was wrong: time begins anew.
 */
export interface Cuts {
  /** Time of every row, known or filled in. */
  time: Float64Array
  readonly starts: number[]
  readonly watermarks: number[]
  /** Records that are behind the watermark by more than is allowed. */
  late: number
}

function addCut({ starts, watermarks }: Cuts, index: number, watermark: number): void {
  if (starts[starts.length - 1] === index) {
    watermarks[watermarks.length - 1] = watermark
    return
  }
  starts.push(index)
  watermarks.push(watermark)
}

/**
 * Event time: each source's is that of its latest record; the watermark is that of the source that is behind most,
 * among those that are not silent. It never steps back, unless nothing comes any more that is not long past: a clock
 * that was wrong for a while must not make the detectors blind for good.
 */
export class EventTime {
  #watermark = Number.NEGATIVE_INFINITY
  readonly #sources = new Map<string, Source>()
  #count = 0
  /** Records in a row that are far behind the watermark. */
  #past = 0
  readonly #cuts: Cuts = { time: new Float64Array(0), starts: [], watermarks: [], late: 0 }

  get watermark(): number {
    return this.#watermark
  }

  /** The latest time that any source has come to. */
  get latest(): number {
    let latest = this.#watermark
    for (const { maxTime } of this.#sources.values()) if (maxTime > latest) latest = maxTime
    return latest
  }

  /**
   * Moves time on by the records of a batch, which may be late by `lateness`. What is returned is used again by the next
   * call.
   */
  cut(batch: LogBatch, now: number, lateness: number): Cuts {
    const source = this.#sourceOf(batch.source, now)
    const cuts = this.#cuts
    const { starts, watermarks } = cuts
    starts.length = 0
    watermarks.length = 0
    starts.push(0)
    watermarks.push(Number.NaN)
    const { length, selection } = batch
    const time = this.#timesOf(batch, source)
    cuts.time = time
    let others = this.#behind(source, now)
    let { maxTime } = source
    let late = 0
    let lateBefore = this.#watermark - lateness
    let next = this.#nextStep(others)
    for (let index = 0; index < length; index++) {
      const t = time[selection === null ? index : (selection[index] ?? 0)] ?? 0
      if (t < lateBefore) {
        late++
        if (this.#isPast(t)) {
          this.#rewind()
          addCut(cuts, index, Number.NEGATIVE_INFINITY)
          others = Number.POSITIVE_INFINITY
          lateBefore = Number.NEGATIVE_INFINITY
          next = Number.NEGATIVE_INFINITY
          maxTime = t
        }
      } else this.#past = 0
      if (t <= maxTime) continue
      if (t > maxTime + maxJumpMs && maxTime !== Number.NEGATIVE_INFINITY && !this.#confirms(source, t)) continue
      source.jump = Number.NaN
      maxTime = t
      if (t < next) continue
      const reached = Math.floor(Math.min(t, others) / stepMs) * stepMs
      if (reached <= this.#watermark) continue
      this.#watermark = reached
      lateBefore = reached - lateness
      next = this.#nextStep(others)
      addCut(cuts, index, reached)
    }
    cuts.late = late
    source.maxTime = maxTime
    source.seenAt = now
    this.#count += length
    source.seenCount = this.#count
    return cuts
  }

  /**
   * Lets the watermark follow the wall clock while the sources are silent.
   * @returns whether it has moved
   */
  follow(now: number): boolean {
    let behind = Number.POSITIVE_INFINITY
    let last: Source | undefined
    for (const source of this.#sources.values()) {
      if (now - source.seenAt <= idleMs) behind = Math.min(behind, source.maxTime)
      if (last === undefined || source.seenAt >= last.seenAt) last = source
    }
    if (last === undefined) return false
    if (behind === Number.POSITIVE_INFINITY) behind = last.maxTime + (now - last.seenAt - idleMs)
    const reached = Math.floor(behind / stepMs) * stepMs
    if (!(reached > this.#watermark)) return false
    this.#watermark = reached
    return true
  }

  /** The input has ended: everything up to its last record is complete. */
  finish(): void {
    this.#watermark = this.latest
  }

  snapshot(): AttributeValue {
    const sources = [...this.#sources].map(([id, { maxTime, isTimed }]) => [id, savedTime(maxTime), isTimed])
    return { watermark: savedTime(this.#watermark), past: this.#past, sources }
  }

  restore(snapshot: AttributeValue | undefined, now: number): void {
    const saved = new Saved(snapshot)
    this.#watermark = saved.number('watermark', Number.NEGATIVE_INFINITY)
    this.#past = saved.number('past', 0)
    for (const entry of saved.values('sources')) {
      const [id, maxTime, isTimed] = Array.isArray(entry) ? entry : []
      if (typeof id !== 'string' || typeof maxTime !== 'number') continue
      const source = this.#sourceOf(id, now)
      source.maxTime = maxTime
      source.isTimed = isTimed === true
    }
  }

  #sourceOf(id: string, now: number): Source {
    let source = this.#sources.get(id)
    if (source === undefined) {
      if (this.#sources.size >= maxSources) this.#forgetOldest()
      source = {
        maxTime: Number.NEGATIVE_INFINITY,
        isTimed: false,
        jump: Number.NaN,
        seenAt: now,
        seenCount: this.#count,
      }
      this.#sources.set(id, source)
    }
    return source
  }

  #forgetOldest(): void {
    let oldest: string | undefined
    let seenCount = Number.POSITIVE_INFINITY
    for (const [id, source] of this.#sources) {
      if (source.seenCount < seenCount) {
        oldest = id
        seenCount = source.seenCount
      }
    }
    if (oldest !== undefined) this.#sources.delete(oldest)
  }

  /** Where the other sources are that still hold the watermark back. */
  #behind(than: Source, now: number): number {
    let behind = Number.POSITIVE_INFINITY
    for (const source of this.#sources.values()) {
      if (source === than || now - source.seenAt > idleMs || this.#count - source.seenCount > idleRecords) continue
      if (source.maxTime < behind && source.maxTime !== Number.NEGATIVE_INFINITY) behind = source.maxTime
    }
    return behind
  }

  /** Where the watermark moves next; nowhere as long as another source is behind. */
  #nextStep(others: number): number {
    const next = this.#watermark + stepMs
    return others < next ? Number.POSITIVE_INFINITY : next
  }

  /** Counts a late record; says whether so many have come from so long ago that the watermark must be wrong. */
  #isPast(time: number): boolean {
    this.#past = time < this.#watermark - maxJumpMs ? this.#past + 1 : 0
    return this.#past >= maxPast
  }

  #rewind(): void {
    this.#past = 0
    this.#watermark = Number.NEGATIVE_INFINITY
    for (const source of this.#sources.values()) source.maxTime = Number.NEGATIVE_INFINITY
  }

  #confirms(source: Source, time: number): boolean {
    if (Math.abs(time - source.jump) <= maxJumpMs) return true
    source.jump = time
    return false
  }

  /**
   * The column of times, filled where it has none: a record without a time has that of the record before it, since it
   * stands beside it in the file; where no record has one, it is the time at which Weir saw them.
   */
  #timesOf(batch: LogBatch, source: Source): Float64Array {
    const { time, length } = batch
    let index = 0
    while (index < length && !Number.isNaN(time[batch.rowAt(index)])) index++
    if (index === length) {
      source.isTimed ||= length > 0
      return time
    }
    let first = 0
    while (first < length && Number.isNaN(time[batch.rowAt(first)])) first++
    const known = first < length ? time[batch.rowAt(first)] : undefined
    const observed = Number.isNaN(batch.observedTime) ? 0 : batch.observedTime
    let last = source.isTimed ? source.maxTime : (known ?? observed)
    if (known !== undefined) source.isTimed = true
    const filled = time.slice(0, batch.rowCount)
    for (index = 0; index < length; index++) {
      const row = batch.rowAt(index)
      const t = time[row] ?? Number.NaN
      if (Number.isNaN(t)) filled[row] = last
      else last = t
    }
    return filled
  }
}
