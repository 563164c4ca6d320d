import type { ComponentConfig } from '@weir/config'
import { sections } from '@weir/sdk'
import { feedbacks } from './feedback.ts'
import { findCycle } from './order.ts'
import type { PlannedPipeline } from './plan.ts'
import { pipelineReferences } from './references.ts'
import type { Survey } from './survey.ts'

/** Whether what the pipelines emit is fed and heard, and comes back to none of them. */
export function checkFlow(survey: Survey, pipelines: readonly PlannedPipeline[]): void {
  checkEmitters(survey, pipelines)
  checkCycle(survey, pipelines)
  checkFeedback(survey, pipelines)
}

/** A pipeline that receives from a connector which only sends to those that it names, and does not name this one. */
function checkUnaddressed(survey: Survey, connector: ComponentConfig, pipeline: string): void {
  const schema = survey.registry.find(connector.kind, connector.type)?.schema
  const named = pipelineReferences(schema, connector.resolved)
  if (named.length === 0 || named.some(({ id }) => id === pipeline)) return
  survey.warning(
    'WEIR_GRAPH_UNADDRESSED',
    ['service', 'pipelines', pipeline, 'receivers'],
    `pipeline ${pipeline} receives from ${connector.id}, which never names it`,
    `name ${pipeline} in ${sections[connector.kind]}.${connector.id}`,
  )
}

/** A connector must stand in a pipeline to have something to say, and someone should listen. */
function checkEmitters(survey: Survey, pipelines: readonly PlannedPipeline[]): void {
  for (const { name, connectors } of pipelines) {
    for (const connector of connectors) {
      const isFed = pipelines.some(
        ({ processors, exporters }) => processors.includes(connector) || exporters.includes(connector),
      )
      const path = ['service', 'pipelines', name, 'receivers']
      checkUnaddressed(survey, connector, name)
      if (!isFed)
        survey.error(
          'WEIR_GRAPH_NOT_FED',
          path,
          `pipeline ${name} receives from ${connector.id}, which no other pipeline contains`,
          `list ${connector.id} under the processors of a logs pipeline`,
        )
    }
  }
  for (const { name, processors } of pipelines) {
    for (const processor of processors) {
      const emits = survey.definition(processor)?.emits
      if (emits === undefined || pipelines.some(({ connectors }) => connectors.includes(processor))) continue
      survey.warning(
        'WEIR_GRAPH_UNHEARD',
        ['service', 'pipelines', name, 'processors'],
        `no pipeline receives the ${emits} of ${processor.id}`,
        `add a pipeline "${emits}" with receivers: [${processor.id}]`,
      )
    }
  }
}

function checkCycle(survey: Survey, pipelines: readonly PlannedPipeline[]): void {
  const cycle = findCycle(pipelines)
  if (cycle === undefined) return
  survey.error(
    'WEIR_GRAPH_CYCLE',
    ['service', 'pipelines', cycle[0] ?? ''],
    `the pipelines feed each other in a circle: ${[...cycle, cycle[0]].join(' → ')}`,
    'take one connector out of the circle',
  )
}

/** A file that is read and written in one stream would grow for ever. */
function checkFeedback(survey: Survey, pipelines: readonly PlannedPipeline[]): void {
  for (const { receiver, exporter, path } of feedbacks(pipelines, survey.config, survey.registry)) {
    survey.error(
      'WEIR_GRAPH_FEEDBACK',
      path,
      `${receiver.id} reads what ${exporter.id} writes, and what it reads goes there again`,
      'let the exporter write elsewhere, or leave its file out by exclude',
    )
  }
}
