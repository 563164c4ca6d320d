import type { Plan } from '@weir/plan'
import type { Activity, ExporterActivity } from './activity.ts'
import { grouped, percent, perSecond } from './figures.ts'

/** A component where it stands in a pipeline. */
export interface DrawnNode {
  readonly id: string
  readonly kind: 'receiver' | 'connector' | 'processor' | 'exporter'
  /** What stands at its edge: the one that leaves it, or for an exporter the one that comes to it. Empty if nothing is known. */
  readonly label: string
  /** Share of an exporter's queue that is in use. */
  readonly fill?: number
}

/** A pipeline as it is drawn: each column sends into the next. */
export interface DrawnPipeline {
  readonly name: string
  readonly columns: readonly (readonly DrawnNode[])[]
}

const nodes = (kind: DrawnNode['kind'], ids: readonly string[], label = (_: string) => ''): DrawnNode[] =>
  ids.map((id) => ({ id, kind, label: label(id) }))

const withoutEmpty = (columns: readonly (readonly DrawnNode[])[]) => columns.filter(({ length }) => length > 0)

/** The pipelines of a plan. */
export function plannedDrawing({ pipelines }: Plan): DrawnPipeline[] {
  const ids = (components: readonly { id: string }[]) => components.map(({ id }) => id)
  return pipelines.map(({ name, receivers, connectors, processors, exporters }) => ({
    name,
    columns: withoutEmpty([
      [...nodes('receiver', ids(receivers)), ...nodes('connector', ids(connectors))],
      ...ids(processors).map((id) => nodes('processor', [id])),
      nodes('exporter', ids(exporters)),
    ]),
  }))
}

/** The pipelines that run, with what passes and what waits. */
export function liveDrawing({ receivers, pipelines, exporters }: Activity): DrawnPipeline[] {
  const receiverRate = (id: string) => receivers.find((receiver) => receiver.id === id)?.recordsPerSecond ?? 0
  return pipelines.map((pipeline) => {
    const { queue, incomingPerSecond, outgoingPerSecond } = pipeline
    const isOnlySource = pipeline.connectors.length === 1 && pipeline.receivers.length === 0
    const waiting = queue.records > 0 ? ` · ${grouped(queue.records)} waiting` : ''
    const connectorLabel = () => (isOnlySource ? `${perSecond(incomingPerSecond)}/s${waiting}` : '')
    return {
      name: pipeline.name,
      columns: withoutEmpty([
        [
          ...nodes('receiver', pipeline.receivers, (id) => `${perSecond(receiverRate(id))}/s${waiting}`),
          ...nodes('connector', pipeline.connectors, connectorLabel),
        ],
        ...pipeline.processors.map(({ id, recordsPerSecond }) =>
          nodes('processor', [id], () => `${perSecond(recordsPerSecond)}/s`),
        ),
        pipeline.exporters.map((id) => {
          const exporter = exporters.find((one) => one.id === id)
          const label = exporter === undefined ? '' : exporterLabel(outgoingPerSecond, exporter)
          return { id, kind: 'exporter' as const, label, fill: exporter?.fill ?? 0 }
        }),
      ]),
    }
  })
}

function exporterLabel(rate: number, { queue, fill, circuit }: ExporterActivity): string {
  const parts = [`${perSecond(rate)}/s`]
  if (queue.records > 0) parts.push(`${grouped(queue.records)} waiting (${percent(fill)})`)
  if (circuit !== 'closed') parts.push(circuit === 'open' ? 'pausing' : 'trying')
  return parts.join(' · ')
}
