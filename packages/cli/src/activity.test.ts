import type { CollectorStatus } from '@weir/core'
import { describe, expect, it } from 'vitest'
import { activityOf } from './activity.ts'

const queue = (blockedMs = 0, records = 0) => ({ records, bytes: 0, maxRecords: 100, maxBytes: 1e6, blockedMs })
const pipeline = (name: string, parts: Partial<CollectorStatus['pipelines'][number]> = {}) => ({
  name,
  signal: 'logs' as const,
  receivers: [],
  connectors: [],
  processors: [],
  exporters: [],
  incoming: 0,
  outgoing: 0,
  dropped: 0,
  queue: queue(),
  ...parts,
})
const exporter = (id: string, blockedMs = 0, sent = 0) => ({
  id,
  sent,
  failed: 0,
  retries: 0,
  circuit: 'closed' as const,
  circuitOpenMs: 0,
  queue: queue(blockedMs, 50),
})
const status = (uptimeMs: number, parts: Partial<CollectorStatus> = {}): CollectorStatus => ({
  pid: 1,
  time: 0,
  uptimeMs,
  phase: 'running',
  files: ['weir.yaml'],
  cpuMs: 0,
  rssBytes: 0,
  heapBytes: 0,
  receivers: [],
  pipelines: [],
  exporters: [],
  alerts: { firing: 0, recent: [] },
  ...parts,
})
const receiver = (records: number) => ({
  id: 'file',
  records,
  bytes: records * 100,
  parseFailures: 0,
  oldestDeliveryMs: 0,
})

describe('the activity of a collector', () => {
  it('is what happened between two moments, by second', () => {
    const activity = activityOf(
      status(10_000, { cpuMs: 1000, receivers: [receiver(1000)], exporters: [exporter('sink', 0, 500)] }),
      status(12_000, { cpuMs: 2000, receivers: [receiver(1600)], exporters: [exporter('sink', 1000, 900)] }),
    )
    expect(activity).toMatchObject({ seconds: 2, cpu: 0.5 })
    expect(activity.receivers).toMatchObject([{ records: 1600, recordsPerSecond: 300, bytesPerSecond: 30_000 }])
    expect(activity.exporters).toMatchObject([{ sentPerSecond: 200, fill: 0.5, blocked: 0.5 }])
  })

  it('begins anew when the collector has been started again', () => {
    const { receivers } = activityOf(
      status(10_000, { receivers: [receiver(1000)] }),
      status(2000, { pid: 2, receivers: [receiver(100)] }),
    )
    expect(receivers).toMatchObject([{ recordsPerSecond: 50 }])
  })

  it('of what has come since, or has begun to count anew, is never negative', () => {
    const { receivers, exporters } = activityOf(
      status(1000, { receivers: [receiver(1000)] }),
      status(2000, { receivers: [receiver(0)], exporters: [exporter('new', 0, 10)] }),
    )
    expect(receivers).toMatchObject([{ recordsPerSecond: 0 }])
    expect(exporters).toMatchObject([{ sentPerSecond: 10 }])
  })
})

describe('back-pressure', () => {
  const logs = { receivers: ['file'], processors: [{ id: 'anomaly', records: 0, errors: 0 }], exporters: ['archive'] }
  const alerts = { connectors: ['anomaly'], exporters: ['webhook'] }
  const held = (blocked: { logs: number; alerts: number; archive: number; webhook: number }) =>
    activityOf(
      status(0),
      status(1000, {
        pipelines: [
          pipeline('logs', { ...logs, queue: queue(blocked.logs) }),
          pipeline('alerts', { ...alerts, queue: queue(blocked.alerts) }),
        ],
        exporters: [exporter('archive', blocked.archive), exporter('webhook', blocked.webhook)],
      }),
    ).backpressure

  it('comes from what is slow itself, and is followed up to the receiver', () => {
    expect(held({ logs: 900, alerts: 950, archive: 0, webhook: 1000 })).toEqual([
      { id: 'webhook', blocked: 1, holdsBack: ['alerts', 'logs', 'file'] },
    ])
    expect(held({ logs: 0, alerts: 0, archive: 400, webhook: 0 })).toEqual([
      { id: 'archive', blocked: 0.4, holdsBack: ['logs'] },
    ])
  })

  it('comes from a pipeline whose exporters keep up', () => {
    expect(held({ logs: 700, alerts: 0, archive: 0, webhook: 0 })).toEqual([
      { id: 'logs', blocked: 0.7, holdsBack: ['file'] },
    ])
  })

  it('that is hardly there is none', () => {
    expect(held({ logs: 10, alerts: 0, archive: 20, webhook: 0 })).toEqual([])
  })
})
