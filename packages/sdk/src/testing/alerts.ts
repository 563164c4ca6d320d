import { type Alert, appendAlert } from '../alert.ts'
import { LogBatch } from '../batch.ts'

/** An alert with everything that one can have. */
export const sampleAlert: Alert = {
  id: 'alert-1',
  fingerprint: 'fp-1',
  rule: 'error_rate/api',
  state: 'firing',
  severity: 'critical',
  title: 'error rate 14 % (usually <1 %)',
  time: Date.UTC(2026, 10, 24, 14, 13, 19),
  startedAt: Date.UTC(2026, 10, 24, 14, 11, 49),
  count: 3,
  group: { 'attributes.url.path': '/pay' },
  observed: '14 %',
  expected: '<1 %',
  score: 8.23456,
  evidence: { window: '1m' },
  samples: ['GET /pay 502', 'GET /pay *503*'],
}

/** A batch of alerts: `sampleAlert`, but for what is given. */
export function alertsOf(...alerts: Partial<Alert>[]): LogBatch {
  const batch = new LogBatch({ signal: 'alerts' })
  for (const one of alerts) appendAlert(batch, { ...sampleAlert, ...one })
  return batch
}
