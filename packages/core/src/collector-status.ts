import type { WeirConfig } from '@weir/config'
import type { AlertBook, TapPoints } from '@weir/control'
import type { Plan } from '@weir/plan'
import type { CollectorStatus, Phase, QueueStatus } from '@weir/sdk'
import type { Backlog, Telemetry } from '@weir/telemetry'
import type { Graph } from './graph/graph.ts'
import type { MemoryLimiter } from './memory/memory-limiter.ts'

/** What runs now; no graph while it is being made. */
export interface Running {
  readonly config: WeirConfig
  readonly plan: Plan
  readonly graph: Graph | undefined
  readonly phase: Phase
}

export interface StatusSources {
  readonly telemetry: Telemetry
  readonly taps: TapPoints
  readonly alerts: AlertBook
  readonly now: number
  readonly uptimeMs: number
  readonly memory: MemoryLimiter
}

const memoryStatus = ({ limits, used: usedBytes, state }: MemoryLimiter): Pick<CollectorStatus, 'memory'> =>
  limits === undefined ? {} : { memory: { usedBytes, softBytes: limits.softBytes, hardBytes: limits.hardBytes, state } }

const recentAlerts = 20

export function collectorStatus(
  { config, plan, graph, phase }: Running,
  { telemetry, taps, alerts, now, uptimeMs, memory }: StatusSources,
): CollectorStatus {
  const total = totals(telemetry)
  const entrances = new Map(graph?.pipelines.map(({ name, entrance }) => [name, entrance.channel]))
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    pid: process.pid,
    time: now,
    uptimeMs,
    phase,
    files: config.files,
    cpuMs: (user + system) / 1000,
    rssBytes: rss,
    heapBytes: heapUsed,
    ...memoryStatus(memory),
    receivers: (graph?.receivers ?? []).map(({ stage: { id, oldestDeliveryMs } }) => ({
      id,
      records: total('weir_receiver_accepted_log_records', id),
      bytes: total('weir_receiver_accepted_bytes', id),
      parseFailures: total('weir_receiver_parse_failures', id),
      oldestDeliveryMs,
    })),
    pipelines: plan.pipelines.map(({ name, signal, receivers, connectors, processors, exporters }) => ({
      name,
      signal,
      receivers: receivers.map(({ id }) => id),
      connectors: connectors.map(({ id }) => id),
      processors: processors.map(({ id }) => ({
        id,
        records: taps.at({ kind: 'processor', id, pipeline: name }).records,
        errors: total('weir_processor_errors', name, id),
      })),
      exporters: exporters.map(({ id }) => id),
      incoming: total('weir_pipeline_incoming_records', name),
      outgoing: total('weir_pipeline_outgoing_records', name),
      dropped: total('weir_pipeline_dropped_records', name),
      queue: queueStatus(entrances.get(name)),
    })),
    exporters: (graph?.exporters ?? []).map(({ id, waiting, circuitState, circuitOpenMs }) => ({
      id,
      sent: total('weir_exporter_sent_log_records', id),
      failed: total('weir_exporter_send_failed_log_records', id),
      retries: total('weir_exporter_retries', id),
      circuit: circuitState,
      circuitOpenMs,
      queue: queueStatus(waiting),
    })),
    alerts: { firing: alerts.firing, recent: alerts.latest(recentAlerts) },
  }
}

const queueStatus = (backlog: Backlog | undefined): QueueStatus => ({
  records: backlog?.records ?? 0,
  bytes: backlog?.bytes ?? 0,
  maxRecords: backlog?.bounds.records ?? 0,
  maxBytes: backlog?.bounds.bytes ?? 0,
  blockedMs: backlog?.blockedMs ?? 0,
})

/** Sums by metric and component, and by processor where there is one. */
function totals(telemetry: Telemetry): (metric: string, component: string, processor?: string) => number {
  const sums = new Map<string, number>()
  const keyOf = (metric: string, component: string, processor: string) => JSON.stringify([metric, component, processor])
  for (const { name, component, attributes, value } of telemetry.readings()) {
    if (!name.startsWith('weir_detector_')) {
      const key = keyOf(name, component, String(attributes.processor ?? ''))
      sums.set(key, (sums.get(key) ?? 0) + value)
    }
  }
  return (metric, component, processor = '') => sums.get(keyOf(metric, component, processor)) ?? 0
}
