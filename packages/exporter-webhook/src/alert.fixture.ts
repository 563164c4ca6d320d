import { type Alert, appendAlert, LogBatch } from '@weir/sdk'

export const alert: Alert = {
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

export function alertsOf(...alerts: Partial<Alert>[]): LogBatch {
  const batch = new LogBatch({ signal: 'alerts' })
  for (const one of alerts) appendAlert(batch, { ...alert, ...one })
  return batch
}
