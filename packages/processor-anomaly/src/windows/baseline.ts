import type { AttributeValue } from '@weir/sdk'
import { Saved } from '@weir/windows'

/** Windows over which the level is averaged (EWMA): short enough to follow a daily cycle, long enough to be calm. */
const levelSpan = 15
/** Residuals that the spread is estimated from. */
const maxResiduals = 60
/** Residuals beyond so many spreads move the level no further. */
const clip = 4

const quantileOf = (sorted: readonly number[], q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? 0

/**
 * What is usual for a series: its level, by an exponentially weighted mean that outliers hardly move, and its spread, by
 * the median and the 90 % quantile of the absolute residuals. The residuals are those of the predictions, so that a
 * level that lags behind a cycle widens the spread.
 */
export class Baseline {
  level = 0
  /** The spread, never below `floor`. */
  spread: number
  /** Values that it has learnt from. */
  count = 0
  readonly #floor: number
  #residuals: number[] = []

  constructor(floor: number) {
    this.#floor = floor
    this.spread = floor
  }

  /** How many spreads a value is away from the level. */
  z(value: number): number {
    return (value - this.level) / this.spread
  }

  learn(value: number): void {
    this.count++
    if (this.count === 1) {
      this.level = value
      return
    }
    const residual = value - this.level
    this.#residuals.push(residual)
    if (this.#residuals.length > maxResiduals) this.#residuals.shift()
    const limit = this.count > levelSpan ? clip * this.spread : Number.POSITIVE_INFINITY
    const step = Math.max(-limit, Math.min(limit, residual))
    this.level += step * Math.max(2 / (levelSpan + 1), 1 / this.count)
    const sizes = this.#residuals.map(Math.abs).sort((one, other) => one - other)
    this.spread = Math.max(this.#floor, 1.4826 * quantileOf(sizes, 0.5), quantileOf(sizes, 0.9) / 1.645)
  }

  /** Forgets all and takes these values as usual. */
  relearn(values: readonly number[]): void {
    this.level = 0
    this.count = 0
    this.spread = this.#floor
    this.#residuals = []
    for (const value of values) this.learn(value)
  }

  snapshot(): AttributeValue {
    return { level: this.level, spread: this.spread, count: this.count, residuals: [...this.#residuals] }
  }

  restore(snapshot: AttributeValue | undefined): void {
    const saved = new Saved(snapshot)
    this.level = saved.number('level', 0)
    this.spread = saved.number('spread', this.#floor)
    this.count = saved.number('count', 0)
    this.#residuals = saved.numbers('residuals')
  }
}
