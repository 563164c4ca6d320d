import type { AlertReport, AttributeValue, Definition, Detector } from '@weir/sdk'
import { batchOf, createComponent } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cardinality } from './cardinality.ts'
import { distribution } from './distribution.ts'
import { errorRate } from './error-rate.ts'
import { missingPattern } from './missing-pattern.ts'
import { newPattern } from './new-pattern.ts'
import { pattern } from './pattern.ts'
import { rate } from './rate.ts'
import { sequence } from './sequence.ts'
import { series } from './series.ts'
import { threshold } from './threshold.ts'

type Subject = readonly [Definition<'detector', Detector>, object]
const subjects: readonly Subject[] = [
  [rate, { window: '6s', warmup: 2, min_count: 1, threshold: 1, min_change: 0.1, adapt_after: 3 }],
  [errorRate, { window: '6s', warmup: 1, min_count: 1, threshold: 0.5, min_ratio: 1, adapt_after: 3 }],
  [threshold, { field: 'attributes.ms', aggregate: 'mean', above: 50, window: '6s' }],
  [series, { field: 'attributes.ms', interval: '1s', warmup: 2, refractory: 2, threshold: 0.3 }],
  [series, { field: 'attributes.ms', counter: true, interval: '2s', warmup: 0, refractory: 0, threshold: 0.3 }],
  [missingPattern, { warmup: '1s', min_records: 3, min_silence: '1s', factor: 1.1 }],
  [
    cardinality,
    { field: 'body', window: '2s', warmup: 2, min_count: 1, threshold: 1, adapt_after: 2, direction: 'both' },
  ],
  [sequence, { session: 'attributes.ms', warmup: '1s', warmup_records: 2 }],
  [
    sequence,
    {
      session: 'attributes.ms',
      within: '2s',
      steps: [
        { name: 'a', pattern: 'ok' },
        { name: 'b', pattern: 'room' },
        { name: 'c', pattern: 'fail' },
      ],
    },
  ],
  [
    distribution,
    {
      field: 'attributes.ms',
      window: '2s',
      warmup: 2,
      min_records: 1,
      threshold: 0.5,
      min_distance: 0.1,
      adapt_after: 2,
    },
  ],
  [threshold, { below: 3, window: '6s' }],
  [pattern, { patterns: ['a', 'fail'], threshold: 2, window: '3s' }],
  [newPattern, { warmup: '1s', warmup_records: 3, max_clusters: 16 }],
]

const body: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom('ok 1', 'ok 2', 'fail at 10.0.0.1', 'user ann left the room', 'user bob left the room'),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(null, 7, { a: 1 }),
)
const record = fc.record(
  {
    gap: fc.constantFrom(-2500, -300, 0, 0, 10, 400, 900, 5000),
    severityNumber: fc.constantFrom(0, 9, 9, 9, 17, 21),
    body,
    ms: fc.constantFrom(1, 10, 100, '70', 'x'),
  },
  { requiredKeys: ['gap'] },
)
/** Records in an order that is not that of their time. */
const streams = fc.array(record, { maxLength: 60 }).map((records) => {
  const gaps = records.map(({ gap }) => gap)
  return records.map(({ severityNumber, body, ms }, index) => ({
    time: gaps.slice(0, index + 1).reduce((time, gap) => time + gap, Date.UTC(2026, 0, 1)),
    ...(severityNumber === undefined ? {} : { severityNumber }),
    ...(body === undefined ? {} : { body }),
    ...(ms === undefined ? {} : { attributes: { ms } }),
  }))
})

describe.each(subjects)('$0.type $1', (definition, config) => {
  it('reports the same on both levels, in batches of any size, restarted or not, on any stream', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 20 }), fc.nat(60), (inputs, size, restartAt) => {
        const run = (isColumnar: boolean, restarts: boolean) => {
          const alerts: AlertReport[] = []
          const report = (alert: AlertReport) => void alerts.push(alert)
          let detector = createComponent(definition, config)
          let watermark = Number.NEGATIVE_INFINITY
          for (let from = 0; from < inputs.length; from += size) {
            if (restarts && from >= restartAt && from - size < restartAt) {
              const snapshot: AttributeValue = JSON.parse(JSON.stringify(detector.snapshot?.() ?? null))
              detector = createComponent(definition, config)
              detector.restore?.(snapshot)
            }
            const batch = batchOf(inputs.slice(from, from + size))
            if (isColumnar) detector.observeBatch?.(batch, report)
            else batch.forEach((record) => detector.observe?.(record, report))
            watermark = Math.max(watermark, ...batch.time)
            detector.advance?.(watermark, report)
          }
          return alerts
        }
        const simple = run(false, false)
        expect(run(true, false)).toEqual(simple)
        expect(run(true, true)).toEqual(simple)
      }),
      { numRuns: 60 },
    )
  })
})
