import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

/** What a counter that only rises has risen by. When it falls it has begun at zero again, as after a restart. */
export class CounterIncrease {
  #value = Number.NaN
  #time = Number.NEGATIVE_INFINITY

  readonly #interval: number

  constructor(interval: number) {
    this.#interval = interval
  }

  /**
   * `NaN` for the first value, and for one that comes after a later one. After a gap of more than an interval it is the
   * increase that one interval of it had on the average.
   */
  next(time: number, value: number): number {
    if (time < this.#time) return Number.NaN
    const past = this.#value
    const intervals = Math.max(1, (time - this.#time) / this.#interval)
    this.#time = time
    this.#value = value
    if (Number.isNaN(past)) return Number.NaN
    return (value >= past ? value - past : value) / intervals
  }

  /** The next value is a first one. */
  interrupt(): void {
    this.#value = Number.NaN
    this.#time = Number.NEGATIVE_INFINITY
  }

  snapshot(): AttributeValue {
    return { value: savedTime(this.#value), time: savedTime(this.#time) }
  }

  restore(saved: Saved): void {
    this.#value = saved.number('value', Number.NaN)
    this.#time = saved.number('time', Number.NEGATIVE_INFINITY)
  }
}
