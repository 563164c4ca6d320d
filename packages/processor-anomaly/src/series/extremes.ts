import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** The range of values over a long time: two generations, so that it forgets, and costs two comparisons. */
export class Extremes {
  readonly #generation: number
  #count = 0
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  #pastLow = Number.POSITIVE_INFINITY
  #pastHigh = Number.NEGATIVE_INFINITY

  /** Remembers between half of `memory` values and all of them. */
  constructor(memory: number) {
    this.#generation = memory / 2
  }

  get low(): number {
    return Math.min(this.#low, this.#pastLow)
  }

  get high(): number {
    return Math.max(this.#high, this.#pastHigh)
  }

  /** Takes the next value. Returns how far it is beyond all before it; 0 for the first. */
  next(value: number): number {
    const { low, high } = this
    if (this.#count++ >= this.#generation) {
      this.#pastLow = this.#low
      this.#pastHigh = this.#high
      this.#low = value
      this.#high = value
      this.#count = 1
    } else {
      if (value < this.#low) this.#low = value
      if (value > this.#high) this.#high = value
    }
    if (high < low) return 0
    return value > high ? value - high : value < low ? low - value : 0
  }

  snapshot(): AttributeValue {
    const bounds = (low: number, high: number) => (high < low ? [] : [low, high])
    return {
      count: this.#count,
      now: bounds(this.#low, this.#high),
      past: bounds(this.#pastLow, this.#pastHigh),
    }
  }

  restore(saved: Saved): void {
    this.#count = saved.number('count', 0)
    const [low, high] = saved.numbers('now')
    const [pastLow, pastHigh] = saved.numbers('past')
    if (low !== undefined && high !== undefined) [this.#low, this.#high] = [low, high]
    if (pastLow !== undefined && pastHigh !== undefined) [this.#pastLow, this.#pastHigh] = [pastLow, pastHigh]
  }
}
