import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from './saved.ts'

/** How the content of a pane is made, stored and read back. */
export interface PaneKind<Pane> {
  create(): Pane
  save(pane: Pane): AttributeValue
  load(saved: Saved): Pane
}

/** Panes that may be open at once: more means that times are nonsense or sources far apart. */
const maxOpen = 20_000
/** Empty panes that are gone through one by one after a gap; what was before that is forgotten anyway. */
const maxGap = 20_000

/**
 * Event time cut into panes of equal width, aligned to the epoch. Records fall into panes in any order; the watermark
 * closes panes in order, empty ones included, from the one of the first record on.
 */
export class Panes<Pane> {
  readonly width: number
  /** The pane that `at` found last, and its bounds: a loop over records compares with these and calls `at` seldom. */
  start = Number.NaN
  end = Number.NaN
  current: Pane | undefined
  readonly #kind: PaneKind<Pane>
  readonly #open = new Map<number, Pane>()
  /** Index of the first pane that is not closed; NaN before the first record. */
  #next = Number.NaN
  #hasClosed = false
  /** Since when the stream is known to have been watched: a pane that begins no earlier is whole. */
  #watchedSince = Number.POSITIVE_INFINITY

  constructor(width: number, kind: PaneKind<Pane>) {
    this.width = width
    this.#kind = kind
  }

  /** The pane of a time; `undefined` if it is closed: the record is late. */
  at(time: number): Pane | undefined {
    const index = Math.floor(time / this.width)
    if (Number.isNaN(index)) return undefined
    if (Number.isNaN(this.#next) || (!this.#hasClosed && index < this.#next)) this.#next = index
    let pane = index < this.#next ? undefined : this.#open.get(index)
    if (pane === undefined && index >= this.#next && this.#open.size < maxOpen) {
      pane = this.#kind.create()
      this.#open.set(index, pane)
    }
    this.start = index * this.width
    this.end = this.start + this.width
    this.current = pane
    return pane
  }

  /** The panes that are open, earliest first. */
  get open(): Pane[] {
    return [...this.#open].sort(([one], [other]) => one - other).map(([, pane]) => pane)
  }

  /** The pane that is closed next, if it has anything, and where it ends. */
  get next(): Pane | undefined {
    return this.#open.get(this.#next)
  }

  get nextEnd(): number {
    return (this.#next + 1) * this.width
  }

  /** Where the latest open pane ends; NaN if there is none. */
  get latestEnd(): number {
    let latest = Number.NaN
    for (const index of this.#open.keys()) if (!(index <= latest)) latest = index
    return (latest + 1) * this.width
  }

  /**
   * Closes the panes that end at or before the watermark. `isFirst`: records may have begun in the middle of it. They have not if
   * a watermark before the pane has passed without any record.
   */
  close(watermark: number, judge: (end: number, pane: Pane | undefined, isFirst: boolean) => void): void {
    if (Number.isNaN(this.#next)) this.#watchedSince = Math.min(this.#watchedSince, watermark)
    if (!((this.#next + 1) * this.width <= watermark)) return
    const until = Math.floor(watermark / this.width)
    while (this.#next < until) {
      if (until - this.#next > maxGap) this.#next = Math.max(this.#next, Math.min(until, ...this.#open.keys()) - maxGap)
      const index = this.#next++
      const pane = this.#open.get(index)
      this.#open.delete(index)
      const isFirst = !this.#hasClosed && index * this.width < this.#watchedSince
      this.#hasClosed = true
      judge((index + 1) * this.width, pane, isFirst)
    }
    if (!(this.start >= this.#next * this.width)) {
      this.start = Number.NaN
      this.end = Number.NaN
      this.current = undefined
    }
  }

  /** Forgets what is open: what comes next does not follow on it. */
  interrupt(): void {
    this.#open.clear()
    this.#next = Number.NaN
    this.#hasClosed = false
    this.#watchedSince = Number.POSITIVE_INFINITY
    this.start = Number.NaN
    this.end = Number.NaN
    this.current = undefined
  }

  snapshot(): AttributeValue {
    const open = [...this.#open].map(([index, pane]) => ({ index, pane: this.#kind.save(pane) }))
    return {
      next: Number.isNaN(this.#next) ? null : this.#next,
      hasClosed: this.#hasClosed,
      watchedSince: savedTime(this.#watchedSince),
      open,
    }
  }

  restore(saved: Saved): void {
    this.#next = saved.number('next', Number.NaN)
    this.#hasClosed = saved.flag('hasClosed')
    this.#watchedSince = saved.number('watchedSince', Number.POSITIVE_INFINITY)
    for (const entry of saved.children('open')) {
      this.#open.set(entry.number('index', 0), this.#kind.load(entry.child('pane')))
    }
  }
}
