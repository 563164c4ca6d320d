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

/** What to do with a component that stands where its kind cannot. */
const properPlace: { readonly [kind in Kind]: string } = {
  receiver: 'name it under receivers',
  parser: 'name it as the parser of a receiver',
  processor: 'name it under processors',
  detector: 'name it under the detectors of a processor',
  exporter: 'name it under exporters',
  connector: 'name it under exporters here, and under receivers where its records go on',
  extension: 'extensions run without being named: remove it here',
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
    const resolve = (place: PipelineEnd) => {
      this.#checkTwice(pipeline, place)
      return pipeline[place].flatMap((id, index) =>
        this.#resolve(id, pipeline, place, [...pipeline.path, place, index]),
      )
    }
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
    this.#unresolved(id, pipeline, place, path)
    return []
  }

  #unresolved(id: string, pipeline: PipelineConfig, place: PipelineEnd, path: (string | number)[]): void {
    const named = `pipeline ${pipeline.name} names ${JSON.stringify(id)}`
    for (const [kind, components] of this.#survey.config.components) {
      const component = components.get(id)
      if (component === undefined) continue
      this.#survey.used.add(component)
      const what = `${named} under ${place}, and it is ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`
      this.#survey.error('WEIR_GRAPH_PLACE', path, what, properPlace[kind])
      return
    }
    const kinds = placeKinds[place]
    const known = kinds.flatMap((kind) => [...(this.#survey.config.components.get(kind)?.keys() ?? [])])
    const near = nearest(id, known)
    const hint = near === undefined ? this.#definition(id, kinds) : `did you mean "${near}"?`
    this.#survey.error('WEIR_GRAPH_UNDEFINED', path, `${named}, which is not defined`, hint)
  }

  /** Where something that is not there yet is to be defined: by its name, or by that of an installed type like it. */
  #definition(id: string, kinds: readonly Kind[]): string {
    const [type = '', ...name] = id.split('/')
    for (const kind of kinds) {
      const types = this.#survey.registry.types(kind)
      const near = types.includes(type) ? type : nearest(type, types)
      if (near === undefined) continue
      const define = `define it under ${sections[kind]}`
      return near === type ? define : `did you mean "${[near, ...name].join('/')}"? ${define}`
    }
    return `define it under ${kinds.map((kind) => sections[kind])[0]}`
  }

  /** What stands in a list twice would get, or give, every record twice. */
  #checkTwice(pipeline: PipelineConfig, place: PipelineEnd): void {
    for (const [index, id] of pipeline[place].entries()) {
      if (pipeline[place].indexOf(id) === index) continue
      const path = [...pipeline.path, place, index]
      const message = `pipeline ${pipeline.name} names ${JSON.stringify(id)} twice under ${place}`
      this.#survey.error('WEIR_GRAPH_TWICE', path, message, 'remove one')
    }
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
