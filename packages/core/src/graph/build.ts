import { resolve } from 'node:path'
import {
  type ComponentConfig,
  type ExporterSettings,
  exporterKeys,
  type LineSettings,
  lineKeys,
  type WeirConfig,
} from '@weir/config'
import { TapPoints } from '@weir/control'
import { DeadLetterFiles } from '@weir/dead-letter'
import { deadLetterOf, feeds, type Plan, type PlannedPipeline } from '@weir/plan'
import type { RegisteredType, Registry } from '@weir/plugins'
import {
  type Clock,
  ConnectorOutput,
  type Definition,
  type Exporter,
  type Extension,
  type Processor,
  type Receiver,
  type RunMode,
} from '@weir/sdk'
import { queueDirectory } from '@weir/state'
import { ExporterMetrics, PipelineMetrics, ReceiverMetrics } from '@weir/telemetry'
import { canRunInWorker, type ThreadGroup, WorkerPool } from '@weir/workers'
import { inject, injectable } from 'tsyringe'
import type { Branch } from '../channel/fan-out.ts'
import { DeadLetters, type DeadLettersOptions } from '../dead-letter/dead-letters.ts'
import { MemoryLimiter } from '../memory/memory-limiter.ts'
import { ConnectorStage } from '../stages/connector-stage.ts'
import { ExporterStage } from '../stages/exporter-stage.ts'
import { PipelineStage, type ProcessorNode } from '../stages/pipeline-stage.ts'
import { ReceiverStage } from '../stages/receiver-stage.ts'
import { AuthenticatorDirectory } from './authenticator-directory.ts'
import { ComponentCatalog } from './component-catalog.ts'
import { type Blueprint, ComponentFactory } from './component-factory.ts'
import { ComponentThreads } from './component-threads.ts'
import { processorKey } from './fingerprints.ts'
import type { Graph, Predecessor } from './graph.ts'
import { GraphCheckpoints } from './graph-checkpoints.ts'
import { Isolation, isIsolated, withoutIsolation } from './isolation.ts'
import { LineStages } from './line-stages.ts'
import { services } from './services.ts'

/** Makes the graph of a plan, downstream first, so that each stage is made with the branches that it sends into. */
@injectable()
export class GraphBuilder {
  readonly #exporters = new Map<ComponentConfig, ExporterStage>()
  readonly #connectors = new Map<ComponentConfig, ConnectorStage[]>()
  readonly #pipelines = new Map<string, PipelineStage>()

  constructor(
    @inject(services.plan) private readonly plan: Plan,
    @inject(services.config) private readonly config: WeirConfig,
    @inject(services.predecessor) private readonly predecessor: { readonly of: Predecessor | undefined },
    @inject(services.runMode) private readonly runMode: RunMode,
    @inject(services.registry) private readonly registry: Registry,
    @inject(services.clock) private readonly clock: Clock,
    @inject(services.abort) private readonly abort: AbortController,
    @inject(ComponentFactory) private readonly factory: ComponentFactory,
    @inject(ComponentCatalog) private readonly catalog: ComponentCatalog,
    @inject(WorkerPool) private readonly workers: WorkerPool,
    @inject(Isolation) private readonly isolation: Isolation,
    @inject(DeadLetterFiles) private readonly letterFiles: DeadLetterFiles,
    @inject(MemoryLimiter) private readonly memory: MemoryLimiter,
    @inject(TapPoints) private readonly taps: TapPoints,
    @inject(LineStages) private readonly lines: LineStages,
    @inject(ComponentThreads) private readonly threads: ComponentThreads,
    @inject(GraphCheckpoints) private readonly checkpoints: GraphCheckpoints,
    @inject(AuthenticatorDirectory) private readonly authenticators: AuthenticatorDirectory,
  ) {}

  /** @param onError told when a processor threw and the config says that this stops the collector */
  build(onError: ((error: unknown) => void) | undefined): Graph {
    const { pipelines } = this.plan
    const made = this.plan.extensions.map((component) => this.#extension(component))
    for (const planned of [...pipelines].reverse()) {
      const stage = this.#keptPipeline(planned) ?? this.#pipeline(planned, onError)
      this.#pipelines.set(planned.name, stage)
      for (const connector of planned.connectors) this.#feedOf(connector).set(planned.name, stage.entrance)
    }
    for (const [component, connectors] of this.#connectors) {
      for (const connector of connectors) connector.connect(this.#feedOf(component))
    }
    const receivers = new Map(
      pipelines.flatMap((pipeline) => pipeline.receivers).map((component) => [component, this.#receiver(component)]),
    )
    return {
      extensions: made,
      exporters: [...this.#exporters.values()],
      pipelines: pipelines.flatMap(({ name }) => this.#pipelines.get(name) ?? []),
      receivers: [...receivers.values()],
      checkpoints: this.checkpoints.all(receivers, (group) => this.#passages(group)),
      consumers: this.#consumers(),
      threads: this.threads.all(this.plan, this.predecessor.of?.graph.threads),
    }
  }

  /** A pipeline that goes on, with all that hangs on it. */
  #keptPipeline(planned: PlannedPipeline): PipelineStage | undefined {
    const { graph, kept } = this.predecessor.of ?? {}
    if (graph === undefined || kept?.pipelines.has(planned.name) !== true) return undefined
    for (const component of planned.exporters) {
      const stage = graph.exporters.find(({ id }) => id === component.id)
      if (stage !== undefined) this.#exporters.set(component, stage)
    }
    return graph.pipelines.find(({ name }) => name === planned.name)
  }

  #consumers(): (PipelineStage | ExporterStage)[] {
    const { pipelines } = this.plan
    const stages = pipelines.flatMap(({ name, exporters }, index) => {
      const later = new Set(pipelines.slice(index + 1).flatMap((pipeline) => pipeline.exporters))
      const feeders = exporters.filter((component) => feeds(component) && !later.has(component))
      return [this.#pipelines.get(name) ?? [], feeders.flatMap((component) => this.#exporters.get(component) ?? [])]
    })
    return [...new Set([...stages.flat(2), ...this.#exporters.values()])]
  }

  /** What records of a group of pipelines are in before they have passed. */
  #passages(group: readonly PlannedPipeline[]): (PipelineStage | ConnectorStage | ExporterStage)[] {
    const components = [...new Set(group.flatMap(({ processors, exporters }) => [...processors, ...exporters]))]
    return [
      ...group.flatMap(({ name }) => this.#pipelines.get(name) ?? []),
      ...components.flatMap((component) => this.#connectors.get(component) ?? []),
      ...components.flatMap((component) =>
        component.kind === 'connector' ? (this.#exporters.get(component) ?? []) : [],
      ),
    ]
  }

  readonly #feeds = new Map<ComponentConfig, Map<string, Branch>>()

  /** The pipelines that receive from a connector, by name. */
  #feedOf(component: ComponentConfig): Map<string, Branch> {
    let feed = this.#feeds.get(component)
    if (feed === undefined) {
      feed = new Map()
      this.#feeds.set(component, feed)
    }
    return feed
  }

  #pipeline(planned: PlannedPipeline, onError: ((error: unknown) => void) | undefined): PipelineStage {
    const running = new Set<ProcessorNode>()
    const processors = planned.processors.map((component) => {
      const kept = this.#keptProcessor(component, planned.name)
      if (kept !== undefined) running.add(kept)
      return kept ?? this.#processor(component, planned.name)
    })
    return new PipelineStage({
      name: planned.name,
      processors,
      running,
      mutates: planned.processors.some((component) => this.#definition(component).mutates === true),
      branches: planned.exporters.map((component) => ({
        channel: this.#exporter(component, planned.name).queue,
        mutates: false,
      })),
      logger: this.factory.logger(planned.name),
      metrics: new PipelineMetrics(this.factory.meter('pipeline', planned.name)),
      tap: this.taps.at({ kind: 'pipeline', id: planned.name }),
      onError,
    })
  }

  /** A processor that goes on, with what it knows and its output. */
  #keptProcessor(component: ComponentConfig, pipeline: string): ProcessorNode | undefined {
    const key = processorKey(component.id, pipeline)
    const node = this.predecessor.of?.processors.get(key)
    if (node === undefined) return undefined
    const { connector, processor } = node
    if (connector !== undefined) {
      connector.reroute(this.checkpoints.ledgerOf(pipeline))
      this.#connectors.set(component, [...(this.#connectors.get(component) ?? []), connector])
    }
    this.checkpoints.note(pipeline, key, processor)
    return node
  }

  #processor(component: ComponentConfig, pipeline: string): ProcessorNode {
    const definition = this.#definition(component)
    const connector = definition.emits === undefined ? undefined : this.#connector(component, pipeline)
    const tap = this.taps.at({ kind: 'processor', id: component.id, pipeline })
    const namespace = processorKey(component.id, pipeline)
    const threads = this.threads.of(namespace)
    const { id, type, resolved } = component
    if (isIsolated(resolved)) {
      const found = this.#type(component)
      const isolatable = { kind: 'processor', id, type: found, config: resolved, namespace } as const
      const isolated = this.isolation.processor(isolatable, threads)
      return { id, processor: isolated, connector, tap }
    }
    const config = withoutIsolation(resolved)
    if (definition.parallel === true && this.workers.isEnabled && canRunInWorker(definition.inject)) {
      const { entry } = this.#type(component)
      return {
        id,
        processor: this.workers.processor({ key: `processor/${id}`, kind: 'processor', type, entry, config }),
        connector,
        tap,
      }
    }
    const processor = this.factory.create<Processor>({
      ...{ id, definition, config, namespace },
      extra: this.#extra(threads, connector),
    })
    this.checkpoints.note(pipeline, namespace, processor)
    return { id, processor, connector, tap }
  }

  #extra(threads: ThreadGroup, connector?: ConnectorStage): NonNullable<Blueprint['extra']> {
    const output = connector === undefined ? [] : [[ConnectorOutput, connector] as const]
    return [...this.catalog.services(threads), ...output]
  }

  #connector(component: ComponentConfig, pipeline: string): ConnectorStage {
    const stage = new ConnectorStage(component.id, this.checkpoints.ledgerOf(pipeline), component.kind === 'connector')
    this.#connectors.set(component, [...(this.#connectors.get(component) ?? []), stage])
    return stage
  }

  #exporter(component: ComponentConfig, pipeline: string): ExporterStage {
    const known = this.#exporters.get(component) ?? this.#keptExporter(component)
    if (known !== undefined) {
      this.#exporters.set(component, known)
      return known
    }
    const definition = this.#definition(component)
    const connector = definition.emits === undefined ? undefined : this.#connector(component, pipeline)
    const exporter = this.factory.create<Exporter>({
      id: component.id,
      definition,
      config: component.resolved,
      extra: this.#extra(this.threads.of(`${component.kind}/${component.id}`), connector),
    })
    this.checkpoints.note(pipeline, `${definition.kind}/${component.id}`, exporter)
    const metrics = new ExporterMetrics(this.factory.meter('exporter', component.id))
    const stage = new ExporterStage({
      id: component.id,
      pipelines: feeds(component) ? [pipeline] : [],
      exporter,
      connector,
      concurrent: definition.concurrent ?? 1,
      settings: settingsOf<ExporterSettings>(exporterKeys.properties, component),
      queueDirectory: queueDirectory(this.config.service.state_dir, `${definition.kind}/${component.id}`),
      drains: this.runMode.once,
      clock: this.clock,
      logger: this.factory.logger(component.id),
      metrics,
      tap: this.taps.at({ kind: definition.kind === 'connector' ? 'connector' : 'exporter', id: component.id }),
      deadLetters: this.#deadLetters(component, metrics.deadLetters),
      stopping: this.abort.signal,
    })
    this.#exporters.set(component, stage)
    return stage
  }

  #keptExporter({ id, kind }: ComponentConfig): ExporterStage | undefined {
    const { graph, kept } = this.predecessor.of ?? {}
    if (kind !== 'exporter' || kept?.exporters.has(id) !== true) return undefined
    return graph?.exporters.find((stage) => stage.id === id)
  }

  #extension(component: ComponentConfig): Graph['extensions'][number] {
    const { id } = component
    const kept = this.predecessor.of?.graph.extensions.find((former) => former.id === id)
    const extension = kept ?? { id, extension: this.#create<Extension>(component) }
    const { authenticator } = extension.extension
    if (authenticator !== undefined) this.authenticators.add(id, authenticator)
    return extension
  }

  #receiver(component: ComponentConfig): Graph['receivers'][number] {
    const definition = this.#definition(component)
    const metrics = new ReceiverMetrics(this.factory.meter('receiver', component.id))
    const names = this.plan.pipelines.filter(({ receivers }) => receivers.includes(component)).map(({ name }) => name)
    const branches = names.flatMap((name) => this.#pipelines.get(name)?.entrance ?? [])
    const settings = settingsOf<LineSettings>(lineKeys.properties, component)
    const { graph, kept } = this.predecessor.of ?? {}
    const former = graph?.receivers.find(({ stage: { id } }) => id === component.id && kept?.receivers.has(id))
    if (former !== undefined && kept?.pipelines.has(names[0] ?? '')) return former
    const deadLetterBranches = this.#deadLetterBranches(component)
    const route = { pipelines: names, branches, deadLetterBranches, deliveries: this.checkpoints.ledgerOf(names[0]) }
    if (former !== undefined) {
      former.stage.reroute(route)
      return former
    }
    const { parses } = definition
    const threads = this.threads.of(`receiver/${component.id}`)
    const stage = new ReceiverStage({
      id: component.id,
      route,
      deadLetters: this.#deadLetters(component, metrics.deadLetters),
      metrics,
      tap: this.taps.at({ kind: 'receiver', id: component.id }),
      memory: this.memory,
      refuses: definition.refuses === true,
      createLines:
        definition.reads === 'lines'
          ? (sends) => this.lines.create({ component, parses, settings, metrics, threads, ...sends })
          : undefined,
    })
    return { stage, receiver: this.#create<Receiver>(component), ends: definition.ends === true }
  }

  #deadLetters(component: ComponentConfig, count: DeadLettersOptions['count']): DeadLetters {
    const { path, max_size: maxBytes = 0 } = deadLetterOf(component) ?? {}
    const letters = path === undefined ? undefined : this.letterFiles.of(resolve(this.config.baseDir, path))
    return new DeadLetters({
      component: `${component.kind}/${component.id}`,
      clock: this.clock,
      logger: this.factory.logger(component.id),
      branches: this.#deadLetterBranches(component),
      file: letters === undefined ? undefined : { letters, maxBytes, stopping: this.abort.signal },
      count,
    })
  }

  #deadLetterBranches(component: ComponentConfig): Branch[] {
    return [this.#pipelines.get(deadLetterOf(component)?.pipeline ?? '')?.entrance ?? []].flat()
  }

  #create<Instance>(component: ComponentConfig): Instance {
    return this.factory.create<Instance>({
      id: component.id,
      definition: this.#definition(component),
      config: component.resolved,
      extra: this.#extra(this.threads.of(`${component.kind}/${component.id}`)),
    })
  }

  #definition(component: ComponentConfig): Definition {
    return this.#type(component).definition
  }

  #type(component: ComponentConfig): RegisteredType {
    const type = this.registry.find(component.kind, component.type)
    if (type === undefined) throw new TypeError(`${component.kind} ${component.type} is not installed`)
    return type
  }
}

/** The standard keys of a component's config. The config was resolved by the schema that has them. */
const settingsOf = <Settings>(keys: object, component: ComponentConfig): Settings =>
  Object.fromEntries(
    Object.keys(keys).flatMap((key) => (key in component.resolved ? [[key, component.resolved[key]]] : [])),
  ) as Settings
