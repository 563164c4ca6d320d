import type { AttributeMap } from '@weir/sdk'
import { DistinctSketch, type Saved, Summary } from '@weir/windows'
import type { MetricConfig } from './config.ts'

/** What is kept of the records of one series in one window; constant memory whatever their number. */
export class Figures {
  readonly summary: Summary
  readonly distinct: DistinctSketch | undefined

  constructor({ aggregate }: Pick<MetricConfig, 'aggregate'>, saved?: Saved) {
    const withSketch = aggregate === 'quantile'
    this.summary = saved === undefined ? new Summary(withSketch) : Summary.from(saved.child('summary'), withSketch)
    if (aggregate !== 'unique') return
    this.distinct = saved === undefined ? new DistinctSketch() : DistinctSketch.from(saved.text('distinct'))
  }

  merge({ summary, distinct }: Figures): void {
    this.summary.merge(summary)
    if (distinct !== undefined) this.distinct?.merge(distinct)
  }

  /** The figure; NaN where there are no values and it needs one. */
  value(aggregate: MetricConfig['aggregate'], seconds: number, quantile: number): number {
    switch (aggregate) {
      case 'rate':
        return this.summary.count / seconds
      case 'unique':
        return this.distinct?.count ?? 0
      default:
        return this.summary.figure(aggregate, quantile)
    }
  }

  snapshot(): AttributeMap {
    const summary = this.summary.snapshot()
    return this.distinct === undefined ? { summary } : { summary, distinct: this.distinct.snapshot() }
  }
}
