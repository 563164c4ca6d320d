import { describe, expect, it } from 'vitest'
import { cardinality } from './detectors/cardinality.ts'
import { distribution } from './detectors/distribution.ts'
import { errorRate } from './detectors/error-rate.ts'
import { missingPattern } from './detectors/missing-pattern.ts'
import { newPattern } from './detectors/new-pattern.ts'
import { pattern } from './detectors/pattern.ts'
import { rate } from './detectors/rate.ts'
import { sequence } from './detectors/sequence.ts'
import { series } from './detectors/series.ts'
import { threshold } from './detectors/threshold.ts'
import { type HostingOptions, hosting } from './testing/hosting.ts'
import { inOrder, midnight, minute, quiet, repeated } from './testing/traffic.ts'

const hour = 60 * minute

describe('the processor with all its detectors', () => {
  const detectors = {
    ...{ rate: [rate], error_rate: [errorRate], new_pattern: [newPattern], missing_pattern: [missingPattern] },
    ...{ pattern: [pattern, { patterns: ['mailbox busy'] }], series: [series, { interval: '1m' }] },
    'rate/kinds': [rate, { group_by: ['severityNumber'] }],
    cardinality: [cardinality, { field: 'attributes.user' }],
    distribution: [distribution, { field: 'attributes.user' }],
    sequence: [sequence, { session: 'attributes.user', warmup: '10m', warmup_records: 200 }],
    threshold: [threshold, { field: 'attributes.size', aggregate: 'quantile', above: 900 }],
  } satisfies HostingOptions['detectors']

  it('gives the same alerts to the byte whatever the batches, and over restarts', async () => {
    const at = midnight + 3 * hour
    const lines = inOrder([
      ...quiet({ seed: 5, minutes: 5 * 60, perMinute: 30 }),
      ...repeated('mail to user 99 failed: mailbox busy', 200, at, at + 4 * minute, 17),
      ...repeated('certificate of api.example.com expires in 3 days', 2, at + 20 * minute, at + 21 * minute),
    ])
    const inputs = lines.map((line, index) => ({
      ...line,
      attributes: {
        user: line.time > at && line.time < at + 4 * minute ? `n${index}` : `u${index % 20}`,
        size: (index * 37) % 1000,
      },
    }))
    const texts: string[] = []
    const verdicts: string[] = []
    for (const [size, restarts] of [
      [100_000, 0],
      [1000, 0],
      [97, 0],
      [1, 0],
      [500, 7],
    ] as const) {
      const host = hosting({ detectors })
      const part = restarts === 0 ? inputs.length : Math.ceil(inputs.length / restarts)
      for (let from = 0; from < inputs.length; from += part) {
        if (from > 0) await host.restart()
        await host.feed(inputs.slice(from, from + part), size)
      }
      const alerts = await host.finish()
      texts.push(JSON.stringify(alerts))
      // What is looked up in the latest records is no part of the state.
      verdicts.push(JSON.stringify(alerts.map(({ evidence, samples, ...verdict }) => verdict)))
    }
    const rules = new Set((JSON.parse(texts[0] ?? '') as { rule: string }[]).map(({ rule }) => rule))
    expect(rules.size).toBeGreaterThanOrEqual(7)
    for (const text of texts.slice(0, 4)) expect(text).toBe(texts[0])
    expect(verdicts[4]).toBe(verdicts[0])
  })
})
