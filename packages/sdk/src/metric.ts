import type { AttributeMap } from './value.ts'

/** One point of a metric, what pipelines of signal `metrics` carry. */
export interface MetricPoint {
  name: string
  value: number
  /** Unix epoch in milliseconds. */
  time: number
  unit?: string
  /** A sum that only grows, or a value of the moment. */
  kind: 'counter' | 'gauge'
  attributes: AttributeMap
}
