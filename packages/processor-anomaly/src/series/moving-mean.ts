import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** The mean of the last few values. */
export class MovingMean {
  readonly #values: Float64Array
  #count = 0
  #next = 0
  #sum = 0

  constructor(length: number) {
    this.#values = new Float64Array(length)
  }

  get isFull(): boolean {
    return this.#count === this.#values.length
  }

  /** Takes the next value and returns the mean with it. */
  next(value: number): number {
    const values = this.#values
    if (this.#count < values.length) this.#count++
    this.#sum += value - (values[this.#next] ?? 0)
    values[this.#next++] = value
    if (this.#next === values.length) {
      this.#next = 0
      // Once a round, so that errors of rounding do not add up.
      this.#sum = 0
      for (const one of values) this.#sum += one
    }
    return this.#sum / this.#count
  }

  snapshot(): AttributeValue {
    return { values: [...this.#values], count: this.#count, next: this.#next, sum: this.#sum }
  }

  restore(saved: Saved): void {
    this.#values.set(saved.numbers('values').slice(0, this.#values.length))
    this.#count = Math.min(saved.number('count', 0), this.#values.length)
    this.#next = saved.number('next', 0) % this.#values.length
    this.#sum = saved.number('sum', 0)
  }
}
