import type { Plan } from '@weir/plan'
import { wrongCommandLine } from './exit-code.ts'
import { liveDrawing, plannedDrawing } from './graph-drawing.ts'
import { graphMermaid } from './graph-mermaid.ts'
import { graphSvg } from './graph-svg.ts'
import { graphText } from './graph-text.ts'
import { prepareFrom, report } from './prepared.ts'
import { type ControlOptions, controlOf } from './running-collector.ts'
import { activityAfter } from './top.ts'

interface GraphOptions extends ControlOptions {
  mermaid?: boolean
  svg?: boolean
  json?: boolean
  live?: boolean
}

export async function graph(files: string[], options: GraphOptions): Promise<void> {
  const { json, mermaid, svg, live } = options
  if ([json, mermaid, svg].filter(Boolean).length > 1) {
    throw wrongCommandLine('--mermaid, --svg and --json exclude each other')
  }
  const draw = svg ? graphSvg : mermaid ? graphMermaid : graphText
  if (live) {
    const control = await controlOf(files, options)
    const activity = await activityAfter(control, await control.status())
    const { receivers, pipelines, exporters } = activity
    process.stdout.write(json ? asJson({ receivers, pipelines, exporters }) : draw(liveDrawing(activity)))
    return
  }
  const prepared = await prepareFrom(files, options)
  if (!report(prepared) || prepared.plan === undefined) return
  process.stdout.write(json ? asJson(plainPipelines(prepared.plan)) : draw(plannedDrawing(prepared.plan)))
}

const asJson = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

const ids = (components: readonly { id: string }[]): string[] => components.map(({ id }) => id)

const plainPipelines = ({ pipelines }: Plan): object[] =>
  pipelines.map(({ name, signal, receivers, connectors, processors, exporters }) => ({
    name,
    signal,
    receivers: [...ids(receivers), ...ids(connectors)],
    processors: ids(processors),
    exporters: ids(exporters),
  }))
