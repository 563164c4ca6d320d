import type { ComponentConfig, Diagnostic, PipelineConfig, WeirConfig } from '@weir/config'
import type { Registry } from '@weir/plugins'
import { type Definition, type Kind, nearest, type Signal, sections } from '@weir/sdk'
import { checkComponents } from './component-checks.ts'
import { deadLetterOf, deadLetterTargets } from './dead-letter-targets.ts'
import { checkFlow } from './flow-checks.ts'
import { upstreamFirst } from './order.ts'
import { checkReferences } from './reference-checks.ts'
import { Survey } from './survey.ts'

/** A pipeline with its ends resolved. */
export interface PlannedPipeline {
  readonly name: string
  readonly signal: Signal
  readonly processors: readonly ComponentConfig[]
  readonly exporters: readonly ComponentConfig[]
  /** Receivers that feed it. */
  readonly receivers: readonly ComponentConfig[]
  /** Processors and connectors of other pipelines that feed it. */
  readonly connectors: readonly ComponentConfig[]
  /** Names of the pipelines that the dead letters of its exporters go to. */
  readonly deadLetters: readonly string[]
}

/** What is to be built: nodes and edges, nothing started. */
export interface Plan {
  /** Upstream first: a pipeline stands before those that it feeds. */
  readonly pipelines: readonly PlannedPipeline[]
  readonly extensions: readonly ComponentConfig[]
}

type PipelineEnd = 'receivers' | 'processors' | 'exporters'

/** The kinds that may stand at each place of a pipeline. */
const placeKinds: { readonly [place in PipelineEnd]: readonly Kind[] } = {
  receivers: ['receiver', 'connector', 'processor'],
  processors: ['processor'],
  exporters: ['exporter', 'connector'],
}

const takes = (definition: Definition): readonly Signal[] =>
  definition.accepts ??
  (definition.kind === 'exporter' || definition.kind === 'connector' ? ['logs', 'alerts', 'metrics'] : ['logs'])

/** Plans the graph of a valid config, or says what is wrong with it. Pure. */
export function planGraph(config: WeirConfig, registry: Registry): { plan?: Plan; diagnostics: Diagnostic[] } {
  const survey = new Survey(config, registry)
  const planner = new Planner(survey)
  const pipelines = [...config.pipelines.values()].map((pipeline) => planner.pipeline(pipeline))
  checkReferences(survey)
  checkFlow(survey, pipelines)
  checkComponents(survey)
  const { diagnostics } = survey
  if (survey.hasErrors) return { diagnostics }
  const extensions = [...(config.components.get('extension')?.values() ?? [])]
  return { plan: { pipelines: upstreamFirst(pipelines), extensions }, diagnostics }
}

/** Resolves the ends of pipelines. */
class Planner {
  readonly #survey: Survey

  constructor(survey: Survey) {
    this.#survey = survey
  }

  pipeline(pipeline: PipelineConfig): PlannedPipeline {
    const resolve = (place: PipelineEnd) =>
      pipeline[place].flatMap((id, index) => this.#resolve(id, pipeline, place, [...pipeline.path, place, index]))
    const sources = resolve('receivers')
    const exporters = resolve('exporters')
    const planned: PlannedPipeline = {
      name: pipeline.name,
      signal: pipeline.signal,
      receivers: sources.filter(({ kind }) => kind === 'receiver'),
      connectors: sources.filter(({ kind }) => kind !== 'receiver'),
      processors: resolve('processors'),
      exporters,
      deadLetters: exporters.flatMap((component) => deadLetterOf(component)?.pipeline ?? []),
    }
    const isDeadLetters = deadLetterTargets(this.#survey.config).some(({ target }) => target === pipeline.name)
    if (pipeline.receivers.length === 0 && !isDeadLetters) {
      this.#survey.error(
        'WEIR_GRAPH_NO_RECEIVER',
        [...pipeline.path],
        `pipeline ${pipeline.name} has no receiver`,
        'name at least one under receivers',
      )
    }
    if (
      pipeline.exporters.length === 0 &&
      !planned.processors.some((processor) => this.#survey.definition(processor)?.emits !== undefined)
    ) {
      this.#survey.error(
        'WEIR_GRAPH_NO_EXPORTER',
        [...pipeline.path],
        `pipeline ${pipeline.name} has no exporter`,
        'name at least one under exporters',
      )
    }
    return planned
  }

  /** The component that an id in a pipeline names; says so when there is none, or when it does not fit. */
  #resolve(id: string, pipeline: PipelineConfig, place: PipelineEnd, path: (string | number)[]): ComponentConfig[] {
    const kinds = placeKinds[place]
    for (const kind of kinds) {
      const component = this.#survey.config.components.get(kind)?.get(id)
      if (component === undefined) continue
      this.#checkSignal(component, pipeline, place, path)
      if (place !== 'receivers' || kind === 'receiver') this.#survey.used.add(component)
      return [component]
    }
    const known = kinds.flatMap((kind) => [...(this.#survey.config.components.get(kind)?.keys() ?? [])])
    const near = nearest(id, known)
    const hint =
      near === undefined ? `define it under ${kinds.map((kind) => sections[kind])[0]}` : `did you mean "${near}"?`
    this.#survey.error(
      'WEIR_GRAPH_UNDEFINED',
      path,
      `pipeline ${pipeline.name} names ${JSON.stringify(id)}, which is not defined`,
      hint,
    )
    return []
  }

  #checkSignal(
    component: ComponentConfig,
    pipeline: PipelineConfig,
    place: PipelineEnd,
    path: (string | number)[],
  ): void {
    const definition = this.#survey.definition(component)
    if (definition === undefined) return
    if (place === 'receivers') {
      const gives = definition.kind === 'receiver' ? 'logs' : definition.emits
      if (gives === pipeline.signal) return
      const what =
        gives === undefined
          ? `${component.id} is a ${definition.kind} and emits nothing`
          : `${component.id} gives ${gives}`
      const hint =
        gives === undefined ? 'list it under processors' : `receive it in a pipeline whose name begins with "${gives}"`
      this.#survey.error(
        'WEIR_GRAPH_SIGNAL',
        path,
        `${what}, but pipeline ${pipeline.name} carries ${pipeline.signal}`,
        hint,
      )
    } else if (!takes(definition).includes(pipeline.signal)) {
      this.#survey.error(
        'WEIR_GRAPH_SIGNAL',
        path,
        `${component.id} takes ${takes(definition).join(' and ')}, but pipeline ${pipeline.name} carries ${pipeline.signal}`,
        `use it in a pipeline of ${takes(definition).join(' or ')}`,
      )
    }
  }
}
