import type { AttributeValue } from '@weir/sdk'
import { QuantileSketch } from './quantile-sketch.ts'
import type { Saved } from './saved.ts'

/** What can be said about the values of a window. */
export const aggregates = ['count', 'mean', 'min', 'max', 'sum', 'quantile'] as const
export type Aggregate = (typeof aggregates)[number]

/** Figures of the values of a window; the sketch only where quantiles are asked for. */
export class Summary {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  sketch: QuantileSketch | undefined

  constructor(withSketch: boolean) {
    this.sketch = withSketch ? new QuantileSketch() : undefined
  }

  add(value: number): void {
    this.count++
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    this.sketch?.add(value)
  }

  merge(other: Summary): void {
    this.count += other.count
    this.sum += other.sum
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
    if (other.sketch !== undefined) this.sketch?.merge(other.sketch)
  }

  /** The figure; `NaN` where there are no values and the figure needs one. */
  figure(aggregate: Aggregate, quantile: number): number {
    if (aggregate === 'count') return this.count
    if (aggregate === 'sum') return this.sum
    if (this.count === 0) return Number.NaN
    switch (aggregate) {
      case 'mean':
        return this.sum / this.count
      case 'min':
        return this.min
      case 'max':
        return this.max
      case 'quantile':
        return this.sketch?.quantile(quantile) ?? Number.NaN
    }
  }

  snapshot(): AttributeValue {
    const { count, sum, min, max, sketch } = this
    if (count === 0) return { count }
    return { count, sum, min, max, ...(sketch === undefined ? {} : { sketch: sketch.snapshot() }) }
  }

  static from(saved: Saved, withSketch: boolean): Summary {
    const summary = new Summary(withSketch)
    summary.count = saved.number('count', 0)
    if (summary.count === 0) return summary
    summary.sum = saved.number('sum', 0)
    summary.min = saved.number('min', summary.min)
    summary.max = saved.number('max', summary.max)
    if (withSketch) summary.sketch = QuantileSketch.from(saved.child('sketch'))
    return summary
  }
}
