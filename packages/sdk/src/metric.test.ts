import { expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { appendMetric, asMetric, type MetricPoint } from './metric.ts'
import { batchOf } from './testing/harness.ts'

const points: MetricPoint[] = [
  { name: 'load', value: 0.5, time: 1000, kind: 'gauge', attributes: {} },
  {
    ...{ name: 'http.requests', value: 12, time: 60_000, startTime: 0, kind: 'counter', temporality: 'delta' },
    ...{ unit: '{request}', description: 'Requests', attributes: { 'url.path': '/pay', 'metric.of': 'its own' } },
  },
]

it('a point survives being a record', () => {
  const batch = new LogBatch({ signal: 'metrics' })
  for (const point of points) appendMetric(batch, point)
  expect(Array.from(batch, asMetric)).toEqual(points)
})

it('a record that is no point, or a point without a value, is none', () => {
  const batch = batchOf(['x'])
  const record = appendMetric(batch, { name: 'n', value: 1, time: 0, kind: 'gauge', attributes: {} })
  record.attributes.set('metric.value', 'much')
  expect(Array.from(batch, asMetric)).toEqual([undefined, undefined])
})
