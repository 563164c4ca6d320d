import { type ComponentConfig, type Diagnostic, type PipelineConfig, softLimitOf, type WeirConfig } from '@weir/config'
import { type Definition, Detectors, type Kind, nearest, type Signal, sections } from '@weir/sdk'
import type { Registry } from '../plugins/registry.ts'
import type { DeadLetterSettings } from '../stages/standard-keys.ts'
import { cannotIsolate, tokensBeyondIsolation } from '../workers/isolation-tokens.ts'
import { feedbacks } from './feedback.ts'
import { findCycle, upstreamFirst } from './order.ts'
import { type FoundReference, pipelineReferences, references } from './references.ts'

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

/** Where the records of a component go that cannot go on; the schema says what it is. */
export const deadLetterOf = (component: ComponentConfig): DeadLetterSettings | undefined =>
  component.resolved.dead_letter as DeadLetterSettings | undefined

/** Whether an exporter sends into other pipelines: a connector, or one whose dead letters do. */
export const feeds = (component: ComponentConfig): boolean =>
  component.kind === 'connector' || deadLetterOf(component)?.pipeline !== undefined

/** Plans the graph of a valid config, or says what is wrong with it. Pure. */
export function planGraph(config: WeirConfig, registry: Registry): { plan?: Plan; diagnostics: Diagnostic[] } {
  const planner = new Planner(config, registry)
  const plan = planner.plan()
  return planner.hasErrors ? { diagnostics: planner.diagnostics } : { plan, diagnostics: planner.diagnostics }
}

class Planner {
  readonly diagnostics: Diagnostic[] = []
  readonly #config: WeirConfig
  readonly #registry: Registry
  readonly #used = new Set<ComponentConfig>()

  constructor(config: WeirConfig, registry: Registry) {
    this.#config = config
    this.#registry = registry
  }

  get hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error')
  }

  plan(): Plan {
    const pipelines = [...this.#config.pipelines.values()].map((pipeline) => this.#pipeline(pipeline))
    this.#checkReferences()
    this.#checkEmitters(pipelines)
    this.#checkCycle(pipelines)
    this.#checkFeedback(pipelines)
    this.#checkIsolation()
    this.#checkDeadLetters()
    this.#checkMemory()
    this.#checkQueues()
    this.#checkUse()
    const extensions = [...(this.#config.components.get('extension')?.values() ?? [])]
    return { pipelines: upstreamFirst(pipelines), extensions }
  }

  #pipeline(pipeline: PipelineConfig): PlannedPipeline {
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
    const isDeadLetters = this.#deadLetterTargets().some(({ target }) => target === pipeline.name)
    if (pipeline.receivers.length === 0 && !isDeadLetters) {
      this.#error(
        'WEIR_GRAPH_NO_RECEIVER',
        [...pipeline.path],
        `pipeline ${pipeline.name} has no receiver`,
        'name at least one under receivers',
      )
    }
    if (
      pipeline.exporters.length === 0 &&
      !planned.processors.some((processor) => this.#definition(processor)?.emits !== undefined)
    ) {
      this.#error(
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
      const component = this.#config.components.get(kind)?.get(id)
      if (component === undefined) continue
      this.#checkSignal(component, pipeline, place, path)
      if (place !== 'receivers' || kind === 'receiver') this.#used.add(component)
      return [component]
    }
    const known = kinds.flatMap((kind) => [...(this.#config.components.get(kind)?.keys() ?? [])])
    const near = nearest(id, known)
    const hint =
      near === undefined ? `define it under ${kinds.map((kind) => sections[kind])[0]}` : `did you mean "${near}"?`
    this.#error(
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
    const definition = this.#definition(component)
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
      this.#error('WEIR_GRAPH_SIGNAL', path, `${what}, but pipeline ${pipeline.name} carries ${pipeline.signal}`, hint)
    } else if (!takes(definition).includes(pipeline.signal)) {
      this.#error(
        'WEIR_GRAPH_SIGNAL',
        path,
        `${component.id} takes ${takes(definition).join(' and ')}, but pipeline ${pipeline.name} carries ${pipeline.signal}`,
        `use it in a pipeline of ${takes(definition).join(' or ')}`,
      )
    }
  }

  /** Ids of parsers, detectors and authenticators that other components name. */
  #checkReferences(): void {
    for (const components of this.#config.components.values()) {
      for (const component of components.values()) {
        const type = this.#registry.find(component.kind, component.type)
        for (const { id, path, ...named } of references(type?.schema, component.resolved)) {
          const known = this.#namedAs(named)
          const found = this.#config.components.get(named.kind)?.get(id)
          if (found !== undefined) this.#used.add(found)
          if (known.includes(id)) continue
          const near = nearest(id, known)
          const others = known.length === 0 ? '' : `use one of ${known.join(', ')}`
          const define = found === undefined ? `define it under ${sections[named.kind]}` : ''
          const hint = near === undefined ? [define, others].filter(Boolean).join(', or ') : `did you mean "${near}"?`
          const fault = found === undefined ? 'is not defined' : 'authenticates no one'
          this.#error(
            'WEIR_GRAPH_UNDEFINED',
            [...component.path, ...path],
            `${component.id} names the ${named.role} ${JSON.stringify(id)}, which ${fault}`,
            hint,
          )
        }
      }
    }
    for (const connector of this.#config.components.get('connector')?.values() ?? []) {
      const schema = this.#registry.find('connector', connector.type)?.schema
      for (const { id, path } of pipelineReferences(schema, connector.resolved))
        this.#checkPipelineReference(connector, id, [...connector.path, ...path])
    }
    for (const { target, component } of this.#deadLetterTargets()) {
      const pipeline = this.#config.pipelines.get(target)
      const path = [...component.path, 'dead_letter', 'pipeline']
      if (pipeline === undefined) {
        const near = nearest(target, [...this.#config.pipelines.keys()])
        this.#error(
          'WEIR_GRAPH_UNDEFINED',
          path,
          `${component.id} names the pipeline ${JSON.stringify(target)}, which is not defined`,
          near === undefined ? 'define it under service.pipelines' : `did you mean "${near}"?`,
        )
      } else if (pipeline.signal !== 'logs') {
        this.#error(
          'WEIR_GRAPH_SIGNAL',
          path,
          `dead letters are logs, but pipeline ${target} carries ${pipeline.signal}`,
          'name a logs pipeline',
        )
      }
    }
  }

  /** The ids that a reference may be: of extensions those that authenticate, of others what is configured or installed. */
  #namedAs({ kind, role }: Pick<FoundReference, 'kind' | 'role'>): string[] {
    const configured = [...(this.#config.components.get(kind)?.values() ?? [])]
    if (role !== 'authenticator') return [...configured.map(({ id }) => id), ...this.#registry.types(kind)]
    return configured.filter((one) => this.#definition(one)?.authenticates === true).map(({ id }) => id)
  }

  /** A pipeline that a connector names must receive from it. */
  #checkPipelineReference(component: ComponentConfig, name: string, path: (string | number)[]): void {
    const pipeline = this.#config.pipelines.get(name)
    if (pipeline?.receivers.includes(component.id) === true) return
    const near = nearest(name, [...this.#config.pipelines.keys()])
    const add = `list ${component.id} under the receivers of service.pipelines.${name}`
    if (pipeline !== undefined) {
      const message = `${component.id} names the pipeline ${name}, which does not receive from it`
      this.#error('WEIR_GRAPH_NOT_RECEIVING', path, message, add)
    } else {
      const message = `${component.id} names the pipeline ${JSON.stringify(name)}, which is not defined`
      this.#error('WEIR_GRAPH_UNDEFINED', path, message, near === undefined ? add : `did you mean "${near}"?`)
    }
  }

  /** A pipeline that receives from a connector which only sends to those that it names, and does not name this one. */
  #checkUnaddressed(connector: ComponentConfig, pipeline: string): void {
    const schema = this.#registry.find(connector.kind, connector.type)?.schema
    const named = pipelineReferences(schema, connector.resolved)
    if (named.length === 0 || named.some(({ id }) => id === pipeline)) return
    this.#warning(
      'WEIR_GRAPH_UNADDRESSED',
      ['service', 'pipelines', pipeline, 'receivers'],
      `pipeline ${pipeline} receives from ${connector.id}, which never names it`,
      `name ${pipeline} in ${sections[connector.kind]}.${connector.id}`,
    )
  }

  /** A connector must stand in a pipeline to have something to say, and someone should listen. */
  #checkEmitters(pipelines: readonly PlannedPipeline[]): void {
    for (const { name, connectors } of pipelines) {
      for (const connector of connectors) {
        const isFed = pipelines.some(
          ({ processors, exporters }) => processors.includes(connector) || exporters.includes(connector),
        )
        const path = ['service', 'pipelines', name, 'receivers']
        this.#checkUnaddressed(connector, name)
        if (!isFed)
          this.#error(
            'WEIR_GRAPH_NOT_FED',
            path,
            `pipeline ${name} receives from ${connector.id}, which no other pipeline contains`,
            `list ${connector.id} under the processors of a logs pipeline`,
          )
      }
    }
    for (const { name, processors } of pipelines) {
      for (const processor of processors) {
        const emits = this.#definition(processor)?.emits
        if (emits === undefined || pipelines.some(({ connectors }) => connectors.includes(processor))) continue
        this.#warning(
          'WEIR_GRAPH_UNHEARD',
          ['service', 'pipelines', name, 'processors'],
          `no pipeline receives the ${emits} of ${processor.id}`,
          `add a pipeline "${emits}" with receivers: [${processor.id}]`,
        )
      }
    }
  }

  #checkCycle(pipelines: readonly PlannedPipeline[]): void {
    const cycle = findCycle(pipelines)
    if (cycle === undefined) return
    this.#error(
      'WEIR_GRAPH_CYCLE',
      ['service', 'pipelines', cycle[0] ?? ''],
      `the pipelines feed each other in a circle: ${[...cycle, cycle[0]].join(' → ')}`,
      'take one connector out of the circle',
    )
  }

  /** A file that is read and written in one stream would grow for ever. */
  #checkFeedback(pipelines: readonly PlannedPipeline[]): void {
    for (const { receiver, exporter, path } of feedbacks(pipelines, this.#config, this.#registry)) {
      this.#error(
        'WEIR_GRAPH_FEEDBACK',
        path,
        `${receiver.id} reads what ${exporter.id} writes, and what it reads goes there again`,
        'let the exporter write elsewhere, or leave its file out by exclude',
      )
    }
  }

  /** What runs in a thread of its own must do without the services that stay here. */
  #checkIsolation(): void {
    for (const kind of ['parser', 'processor', 'detector'] as const) {
      for (const component of this.#config.components.get(kind)?.values() ?? []) {
        if (component.resolved.isolation !== 'worker') continue
        const [beyond] = tokensBeyondIsolation(this.#definition(component)?.inject)
        if (beyond === undefined) continue
        const path = [...component.path, 'isolation']
        const hosts = Object.values(this.#definition(component)?.inject ?? {}).some(
          ({ name }) => name === Detectors.name,
        )
        const hint = hosts ? 'write isolation: worker at its entries under detectors' : 'set isolation: none'
        this.#error('WEIR_ISOLATION_TOKEN', path, cannotIsolate(component.id, beyond), hint)
      }
    }
  }

  /** A queue on disk needs a state directory. */
  #checkQueues(): void {
    if (this.#config.service.state_dir !== 'memory') return
    for (const component of this.#used) {
      const queue = Object(component.resolved.sending_queue)
      const key = queue.storage === 'disk' ? 'storage' : queue.policy === 'spill' ? 'policy' : undefined
      if (key === undefined) continue
      this.#error(
        'WEIR_QUEUE_STATE',
        [...component.path, 'sending_queue', key],
        `${component.id} keeps its queue on disk, but service.state_dir is memory`,
        `set service.state_dir to a folder, or ${key === 'storage' ? 'storage: memory' : 'policy: block'}`,
      )
    }
  }

  #checkUse(): void {
    for (const kind of ['receiver', 'parser', 'processor', 'detector', 'exporter', 'connector'] as const) {
      for (const component of this.#config.components.get(kind)?.values() ?? []) {
        if (!this.#used.has(component)) {
          this.#warning(
            'WEIR_GRAPH_UNUSED',
            component.path,
            `${component.id} is defined but not used`,
            kind === 'parser' || kind === 'detector' ? undefined : 'name it in a pipeline, or remove it',
          )
        }
      }
    }
  }

  /** Pipelines for dead letters, with the component that names each. */
  #deadLetterTargets(): { readonly target: string; readonly component: ComponentConfig }[] {
    return this.#undertakers().flatMap((component) => {
      const target = deadLetterOf(component)?.pipeline
      return target === undefined ? [] : [{ target, component }]
    })
  }

  /** The components that can have dead letters. */
  #undertakers(): ComponentConfig[] {
    return (['receiver', 'exporter', 'connector'] as const).flatMap((kind) => [
      ...(this.#config.components.get(kind)?.values() ?? []),
    ])
  }

  #checkMemory(): void {
    const { memory_limit: limit } = this.#config.service
    if (limit === undefined || softLimitOf(limit) < limit.hard) return
    this.#error(
      'WEIR_MEMORY_SOFT',
      ['service', 'memory_limit', 'soft'],
      'memory_limit.soft is not below hard',
      'lower soft, or leave it out',
    )
  }

  /** Dead letters that were asked for must have somewhere to go. */
  #checkDeadLetters(): void {
    for (const component of this.#undertakers()) {
      const { pipeline, path } = deadLetterOf(component) ?? {}
      if (pipeline !== undefined || path !== undefined) continue
      const key = ['on_parse_error', 'max_log_size_behavior', 'dead_letter'].find((name) =>
        name === 'dead_letter' ? name in component.resolved : component.resolved[name] === 'dead_letter',
      )
      if (key === undefined) continue
      this.#error(
        'WEIR_DEAD_LETTER_TARGET',
        [...component.path, key],
        `${component.id} has dead letters that go nowhere`,
        'set dead_letter: { pipeline: logs/dead } or dead_letter: { path: dead.ndjson }',
      )
    }
  }

  #definition(component: ComponentConfig): Definition | undefined {
    return this.#registry.find(component.kind, component.type)?.definition
  }

  #error(code: string, path: readonly (string | number)[], message: string, hint: string): void {
    this.#add('error', code, path, message, hint)
  }

  #warning(code: string, path: readonly (string | number)[], message: string, hint: string | undefined): void {
    this.#add('warning', code, path, message, hint)
  }

  #add(
    severity: 'error' | 'warning',
    code: string,
    path: readonly (string | number)[],
    message: string,
    hint: string | undefined,
  ): void {
    const position = this.#config.locate(path)
    this.diagnostics.push({
      severity,
      code,
      message,
      path: [...path],
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    })
  }
}
