import type { CollectorStatus, ExporterStatus, PipelineStatus, QueueStatus, ReceiverStatus } from '@weir/core'

interface ReceiverActivity extends ReceiverStatus {
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

interface PipelineActivity extends PipelineStatus {
  readonly processors: readonly (PipelineStatus['processors'][number] & { readonly recordsPerSecond: number })[]
  readonly incomingPerSecond: number
  readonly outgoingPerSecond: number
  /** Share of the time in which someone waited for room in its entrance. */
  readonly blocked: number
}

export interface ExporterActivity extends ExporterStatus {
  readonly sentPerSecond: number
  /** Share of the queue that is in use: of its records or its bytes, whichever is nearer to the bound. */
  readonly fill: number
  /** Share of the time in which someone waited for room in the queue. */
  readonly blocked: number
}

/** Who holds whom back, nearest first. */
interface Backpressure {
  readonly id: string
  readonly blocked: number
  readonly holdsBack: readonly string[]
}

/** What a collector does, from what it says at two moments. */
export interface Activity extends Omit<CollectorStatus, 'receivers' | 'pipelines' | 'exporters'> {
  readonly seconds: number
  /** Share of one processor. */
  readonly cpu: number
  readonly receivers: readonly ReceiverActivity[]
  readonly pipelines: readonly PipelineActivity[]
  readonly exporters: readonly ExporterActivity[]
  readonly backpressure: readonly Backpressure[]
}

/** Waiting that is not worth a word. */
const noticeable = 0.05

/** What it does now, from what it said before and what it says now. */
export function activityOf(before: CollectorStatus, now: CollectorStatus): Activity {
  // After a restart its counters begin anew.
  const first = before.pid === now.pid && before.uptimeMs < now.uptimeMs ? before : undefined
  const seconds = (now.uptimeMs - (first?.uptimeMs ?? 0)) / 1000
  const rate = (from: number | undefined, to: number) => (seconds > 0 ? Math.max(0, to - (from ?? 0)) / seconds : 0)
  const blocked = (from: QueueStatus | undefined, { blockedMs }: QueueStatus) =>
    Math.min(1, rate(from?.blockedMs, blockedMs) / 1000)

  const receivers = now.receivers.map((receiver) => {
    const old = first?.receivers.find(({ id }) => id === receiver.id)
    return {
      ...receiver,
      recordsPerSecond: rate(old?.records, receiver.records),
      bytesPerSecond: rate(old?.bytes, receiver.bytes),
    }
  })
  const pipelines = now.pipelines.map((pipeline) => {
    const old = first?.pipelines.find(({ name }) => name === pipeline.name)
    return {
      ...pipeline,
      processors: pipeline.processors.map((processor) => ({
        ...processor,
        recordsPerSecond: rate(old?.processors.find(({ id }) => id === processor.id)?.records, processor.records),
      })),
      incomingPerSecond: rate(old?.incoming, pipeline.incoming),
      outgoingPerSecond: rate(old?.outgoing, pipeline.outgoing),
      blocked: blocked(old?.queue, pipeline.queue),
    }
  })
  const exporters = now.exporters.map((exporter) => {
    const old = first?.exporters.find(({ id }) => id === exporter.id)
    const { records, bytes, maxRecords, maxBytes } = exporter.queue
    return {
      ...exporter,
      sentPerSecond: rate(old?.sent, exporter.sent),
      fill: Math.min(1, Math.max(shareOf(records, maxRecords), shareOf(bytes, maxBytes))),
      blocked: blocked(old?.queue, exporter.queue),
    }
  })
  return {
    ...now,
    seconds,
    cpu: rate(first?.cpuMs, now.cpuMs) / 1000,
    receivers,
    pipelines,
    exporters,
    backpressure: backpressureOf(pipelines, exporters),
  }
}

/** A queue may have no bound of one kind. */
const shareOf = (amount: number, bound: number): number => (bound > 0 ? amount / bound : 0)

/** What is slow itself, rather than held back by something behind it; with all that it holds back. */
function backpressureOf(
  pipelines: readonly PipelineActivity[],
  exporters: readonly ExporterActivity[],
): Backpressure[] {
  const slowExporters = exporters.filter(({ blocked }) => blocked >= noticeable)
  const fromExporters = slowExporters.map(({ id, blocked }) => ({
    id,
    blocked,
    holdsBack: upstream(
      pipelines.filter((pipeline) => pipeline.exporters.includes(id)),
      pipelines,
    ),
  }))
  const isSlow = (pipeline: PipelineActivity) => pipeline.blocked >= noticeable
  const explained = new Set(fromExporters.flatMap(({ holdsBack }) => holdsBack))
  const slowPipelines = pipelines.filter((pipeline) => isSlow(pipeline) && !explained.has(pipeline.name))
  const fromPipelines = slowPipelines
    .filter(({ name }) => !slowPipelines.some((other) => other.name !== name && feeds(pipelines, name, other)))
    .map(({ name, blocked, receivers, connectors }) => ({
      id: name,
      blocked,
      holdsBack: [
        ...receivers,
        ...upstream(
          pipelines.filter((pipeline) => sendsInto(pipeline, connectors)),
          pipelines,
        ),
      ],
    }))
  return [...fromExporters, ...fromPipelines].sort((one, other) => other.blocked - one.blocked)
}

const sendsInto = ({ processors, exporters }: PipelineActivity, connectors: readonly string[]): boolean =>
  processors.some(({ id }) => connectors.includes(id)) || exporters.some((id) => connectors.includes(id))

const feeds = (pipelines: readonly PipelineActivity[], name: string, into: PipelineActivity): boolean =>
  pipelines.some((pipeline) => pipeline.name === name && sendsInto(pipeline, into.connectors))

/** These pipelines and, of those whose entrances are full, what feeds them. */
function upstream(held: readonly PipelineActivity[], all: readonly PipelineActivity[]): string[] {
  const names = new Set<string>()
  const visit = (pipeline: PipelineActivity) => {
    if (names.has(pipeline.name)) return
    names.add(pipeline.name)
    if (pipeline.blocked < noticeable) return
    for (const id of pipeline.receivers) names.add(id)
    for (const other of all) if (sendsInto(other, pipeline.connectors)) visit(other)
  }
  for (const pipeline of held) visit(pipeline)
  return [...names]
}
