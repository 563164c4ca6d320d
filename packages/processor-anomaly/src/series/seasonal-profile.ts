import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

/**
 * What is usual at each time of a period, a day or a week: an exponentially weighted mean per slot. A change of the
 * level is in it after a few periods.
 */
export class SeasonalProfile {
  readonly #slotMs: number
  readonly #learning: number
  readonly #usual: Float64Array

  constructor(slots: number, slotMs: number, learning: number) {
    this.#slotMs = slotMs
    this.#learning = learning
    this.#usual = new Float64Array(slots).fill(Number.NaN)
  }

  /** What is usual at a time; `NaN` if that slot of the period was never seen. */
  usual(time: number): number {
    return this.#usual[this.#slot(time)] ?? Number.NaN
  }

  learn(time: number, value: number): void {
    const slot = this.#slot(time)
    const usual = this.#usual[slot] ?? Number.NaN
    this.#usual[slot] = Number.isNaN(usual) ? value : usual + (value - usual) * this.#learning
  }

  snapshot(): AttributeValue {
    return Array.from(this.#usual, savedTime)
  }

  restore(values: Saved, key: string): void {
    for (const [slot, value] of values.values(key).entries()) {
      if (typeof value === 'number' && slot < this.#usual.length) this.#usual[slot] = value
    }
  }

  #slot(time: number): number {
    const { length } = this.#usual
    return ((Math.floor(time / this.#slotMs) % length) + length) % length
  }
}
