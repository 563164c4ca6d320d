import type { LogBatch } from './batch.ts'
import type { Record } from './record.ts'
import { type AttributeMap, type AttributeValue, attributeMap } from './value.ts'

/** One point of a metric, what pipelines of signal `metrics` carry. */
export interface MetricPoint {
  name: string
  value: number
  /** Unix epoch in milliseconds; of a figure over a window, its end. */
  time: number
  /** UCUM, such as `By`, `ms`, `{request}`. */
  unit?: string
  description?: string
  /** A sum that only grows, or a value of the moment. */
  kind: 'counter' | 'gauge'
  /** Of a counter: its value is what came since `startTime` (`delta`), or all that ever came. `cumulative` if left out. */
  temporality?: 'delta' | 'cumulative'
  /** Since when, Unix epoch in milliseconds: the beginning of the window. */
  startTime?: number
  /** What sets this series apart from others of the same name. */
  attributes: AttributeMap
}

export const metricEventName = 'weir.metric'

/** The attributes that say what the point is; all others are the point's own. */
const own = [
  'metric.name',
  'metric.kind',
  'metric.value',
  'metric.unit',
  'metric.description',
  'metric.temporality',
  'metric.start_time',
] as const

/**
 * Appends a point to a batch of signal `metrics`, as a record: `metric.name`, `metric.kind`, `metric.value`, … and the
 * point's own attributes. So exporters of logs ship metrics too, and detectors watch `metric.value`.
 */
export function appendMetric(batch: LogBatch, point: MetricPoint): Record {
  const record = batch.append()
  record.time = point.time
  record.eventName = metricEventName
  const { attributes } = record
  const set = (name: (typeof own)[number], value: AttributeValue | undefined) => {
    if (value !== undefined) attributes.set(name, value)
  }
  set('metric.name', point.name)
  set('metric.kind', point.kind)
  set('metric.value', point.value)
  set('metric.unit', point.unit)
  set('metric.description', point.description)
  set('metric.temporality', point.temporality)
  set('metric.start_time', point.startTime)
  for (const [name, value] of Object.entries(point.attributes)) attributes.set(name, value)
  return record
}

const isOwn: ReadonlySet<string> = new Set(own)

/** The point that a record is, or `undefined` if it is none. */
export function asMetric(record: Record): MetricPoint | undefined {
  if (record.eventName !== metricEventName) return undefined
  const get = (name: (typeof own)[number]) => record.attributes.get(name)
  const [name, value, startTime] = [get('metric.name'), get('metric.value'), get('metric.start_time')]
  if (typeof name !== 'string' || typeof value !== 'number') return undefined
  const [unit, description, temporality] = [get('metric.unit'), get('metric.description'), get('metric.temporality')]
  return {
    ...{ name, value, time: record.time, kind: get('metric.kind') === 'counter' ? 'counter' : 'gauge' },
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(temporality === 'delta' || temporality === 'cumulative' ? { temporality } : {}),
    ...(typeof startTime === 'number' ? { startTime } : {}),
    attributes: attributeMap([...record.attributes.entries()].filter(([key]) => !isOwn.has(key))),
  }
}
