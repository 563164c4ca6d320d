import { expect, it } from 'vitest'
import { type Alert, appendAlert, asAlert } from './alert.ts'
import { LogBatch } from './batch.ts'
import { batchOf } from './testing/harness.ts'

it('an alert survives being a record', () => {
  const alert: Alert = {
    id: 'a1',
    fingerprint: 'f1',
    rule: 'rate/5xx',
    state: 'firing',
    severity: 'critical',
    title: 'too many errors',
    time: 1000,
    key: 'k',
    group: { service: 'checkout' },
    startedAt: 500,
    count: 3,
    observed: 31,
    expected: 0.8,
    score: 12.4,
    evidence: { window: '1m' },
    samples: ['one', 'two'],
    windowStart: 0,
    windowEnd: 1000,
    alerts: [
      {
        ...{ id: 'a2', fingerprint: 'f2', rule: 'rate', title: 'too much', severity: 'info', state: 'resolved' },
        ...{ startedAt: 400, group: { service: 'checkout' } },
      },
    ],
  }
  const batch = new LogBatch({ signal: 'alerts' })
  appendAlert(batch, alert)
  expect(Array.from(batch, asAlert)).toEqual([alert])
  expect(Array.from(batch, (record) => [record.severityNumber, record.body, record.eventName])).toEqual([
    [18, 'too many errors', 'weir.alert'],
  ])
})

it('a record that is no alert is none', () => {
  expect(Array.from(batchOf(['x']), asAlert)).toEqual([undefined])
})
