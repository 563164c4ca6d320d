import type { CollectorStatus, ExporterStatus, Phase } from '@weir/sdk'

interface ComponentHealth {
  readonly kind: 'receiver' | 'pipeline' | 'exporter'
  readonly id: string
  /** The Collector's words for the state of a component. */
  readonly status: 'starting' | 'ok' | 'recoverable_error' | 'stopping'
  readonly [detail: string]: unknown
}

export interface Readiness {
  readonly status: 'ready' | 'not_ready'
  /** Why not. */
  readonly reasons: readonly string[]
  readonly phase: Phase
  readonly uptime_seconds: number
  readonly components: readonly ComponentHealth[]
}

/** Whether a collector is ready to take records, and how each of its components fares. */
export function readinessOf(status: CollectorStatus, maxCircuitOpenMs: number): Readiness {
  const { phase, receivers, pipelines, exporters, uptimeMs } = status
  const usual = phase === 'running' ? 'ok' : phase
  const reasons = [
    ...(phase === 'running' ? [] : [`the collector is ${phase}`]),
    ...exporters.flatMap((exporter) =>
      exporter.circuitOpenMs > maxCircuitOpenMs
        ? [`the circuit of ${exporter.id} has been open for ${Math.round(exporter.circuitOpenMs / 1000)} s`]
        : [],
    ),
  ]
  return {
    status: reasons.length === 0 ? 'ready' : 'not_ready',
    reasons,
    phase,
    uptime_seconds: Math.round(uptimeMs / 1000),
    components: [
      ...receivers.map(
        ({ id, records, oldestDeliveryMs }): ComponentHealth => ({
          kind: 'receiver',
          id,
          status: usual,
          records,
          oldest_delivery_seconds: Math.round(oldestDeliveryMs / 1000),
        }),
      ),
      ...pipelines.map(
        ({ name, dropped, processors, queue }): ComponentHealth => ({
          kind: 'pipeline',
          id: name,
          status: usual,
          waiting_records: queue.records,
          dropped_records: dropped,
          processor_errors: processors.reduce((sum, { errors }) => sum + errors, 0),
        }),
      ),
      ...exporters.map((exporter) => exporterHealth(exporter, usual)),
    ],
  }
}

function exporterHealth(
  { id, sent, failed, circuit, circuitOpenMs, queue }: ExporterStatus,
  usual: ComponentHealth['status'],
): ComponentHealth {
  return {
    kind: 'exporter',
    id,
    status: circuit === 'closed' ? usual : 'recoverable_error',
    circuit,
    circuit_open_seconds: Math.round(circuitOpenMs / 1000),
    sent_records: sent,
    failed_records: failed,
    waiting_records: queue.records,
  }
}
