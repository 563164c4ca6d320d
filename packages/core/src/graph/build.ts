import {
  type Clock,
  ConnectorOutput,
  type Definition,
  type Exporter,
  type Extension,
  type Patterns,
  type Processor,
  type Receiver,
  type RunMode,
} from '@weir/sdk'
import { inject, injectable } from 'tsyringe'
import { BatchPool } from '../batch/batch-pool.ts'
import type { Branch } from '../channel/fan-out.ts'
import type { ComponentConfig, WeirConfig } from '../config/config.ts'
import { TapPoints } from '../control/tap-points.ts'
import type { RegisteredType, Registry } from '../plugins/registry.ts'
import { queueDirectory } from '../queue/queue-directory.ts'
import { ConnectorStage } from '../stages/connector-stage.ts'
import { ExporterStage } from '../stages/exporter-stage.ts'
import type { RecordSplitter } from '../stages/line-parsing.ts'
import { LineStage, type LineStageOptions } from '../stages/line-stage.ts'
import { PipelineStage, type ProcessorNode } from '../stages/pipeline-stage.ts'
import { ReceiverStage } from '../stages/receiver-stage.ts'
import { type ExporterSettings, exporterKeys, type LineSettings, lineKeys } from '../stages/standard-keys.ts'
import { ExporterMetrics, PipelineMetrics, ReceiverMetrics } from '../telemetry/stage-metrics.ts'
import { type RemoteParser, WorkerPool } from '../workers/worker-pool.ts'
import { canRunInWorker } from '../workers/worker-tokens.ts'
import { ComponentCatalog } from './component-catalog.ts'
import { ComponentFactory } from './component-factory.ts'
import { Isolation, isIsolated, withoutIsolation } from './isolation.ts'
import type { Plan, PlannedPipeline } from './plan.ts'
import { services } from './services.ts'

/** What runs: everything made, nothing started. */
export interface Graph {
  readonly extensions: readonly { id: string; extension: Extension }[]
  readonly exporters: readonly ExporterStage[]
  /** Upstream first. */
  readonly pipelines: readonly PipelineStage[]
  readonly receivers: readonly { stage: ReceiverStage; receiver: Receiver; ends: boolean }[]
}

/** Makes the graph of a plan, downstream first, so that each stage is made with the branches that it sends into. */
@injectable()
export class GraphBuilder {
  readonly #exporters = new Map<ComponentConfig, ExporterStage>()
  readonly #connectors = new Map<ComponentConfig, ConnectorStage[]>()
  readonly #pipelines = new Map<string, PipelineStage>()

  constructor(
    @inject(services.plan) private readonly plan: Plan,
    @inject(services.config) private readonly config: WeirConfig,
    @inject(services.runMode) private readonly runMode: RunMode,
    @inject(services.registry) private readonly registry: Registry,
    @inject(services.clock) private readonly clock: Clock,
    @inject(services.patterns) private readonly patterns: Patterns,
    @inject(services.abort) private readonly abort: AbortController,
    @inject(ComponentFactory) private readonly factory: ComponentFactory,
    @inject(ComponentCatalog) private readonly catalog: ComponentCatalog,
    @inject(BatchPool) private readonly pool: BatchPool,
    @inject(WorkerPool) private readonly workers: WorkerPool,
    @inject(Isolation) private readonly isolation: Isolation,
    @inject(TapPoints) private readonly taps: TapPoints,
  ) {}

  /** @param onError told when a processor threw and the config says that this stops the collector */
  build(onError: ((error: unknown) => void) | undefined): Graph {
    const { pipelines, extensions } = this.plan
    for (const planned of [...pipelines].reverse()) {
      const stage = this.#pipeline(planned, onError)
      this.#pipelines.set(planned.name, stage)
      for (const connector of planned.connectors) this.#feedOf(connector).push(stage.entrance)
    }
    for (const [component, connectors] of this.#connectors) {
      for (const connector of connectors) connector.connect(this.#feedOf(component))
    }
    const receivers = new Set(pipelines.flatMap((pipeline) => pipeline.receivers))
    return {
      extensions: extensions.map((component) => ({ id: component.id, extension: this.#create<Extension>(component) })),
      exporters: [...this.#exporters.values()],
      pipelines: pipelines.flatMap(({ name }) => this.#pipelines.get(name) ?? []),
      receivers: [...receivers].map((component) => this.#receiver(component)),
    }
  }

  readonly #feeds = new Map<ComponentConfig, Branch[]>()

  #feedOf(component: ComponentConfig): Branch[] {
    let feed = this.#feeds.get(component)
    if (feed === undefined) {
      feed = []
      this.#feeds.set(component, feed)
    }
    return feed
  }

  #pipeline(planned: PlannedPipeline, onError: ((error: unknown) => void) | undefined): PipelineStage {
    const processors = planned.processors.map((component) => this.#processor(component, planned.name))
    return new PipelineStage({
      name: planned.name,
      processors,
      mutates: planned.processors.some((component) => this.#definition(component).mutates === true),
      branches: planned.exporters.map((component) => ({ channel: this.#exporter(component).queue, mutates: false })),
      logger: this.factory.logger(planned.name),
      metrics: new PipelineMetrics(this.factory.meter('pipeline', planned.name)),
      tap: this.taps.at({ kind: 'pipeline', id: planned.name }),
      onError,
    })
  }

  #processor(component: ComponentConfig, pipeline: string): ProcessorNode {
    const definition = this.#definition(component)
    const connector = definition.emits === undefined ? undefined : this.#connector(component)
    const tap = this.taps.at({ kind: 'processor', id: component.id, pipeline })
    const namespace = `processor/${component.id}@${pipeline}`
    const { id, type, resolved } = component
    if (isIsolated(resolved)) {
      const found = this.#type(component)
      const isolated = this.isolation.processor({ kind: 'processor', id, type: found, config: resolved, namespace })
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
      extra: connector === undefined ? [] : [[ConnectorOutput, connector]],
    })
    return { id, processor, connector, tap }
  }

  #connector(component: ComponentConfig): ConnectorStage {
    const stage = new ConnectorStage(component.id)
    this.#connectors.set(component, [...(this.#connectors.get(component) ?? []), stage])
    return stage
  }

  #exporter(component: ComponentConfig): ExporterStage {
    const known = this.#exporters.get(component)
    if (known !== undefined) return known
    const definition = this.#definition(component)
    const connector = definition.emits === undefined ? undefined : this.#connector(component)
    const exporter = this.factory.create<Exporter>({
      id: component.id,
      definition,
      config: component.resolved,
      extra: connector === undefined ? [] : [[ConnectorOutput, connector]],
    })
    const stage = new ExporterStage({
      id: component.id,
      exporter,
      concurrent: definition.concurrent ?? 1,
      settings: settingsOf<ExporterSettings>(exporterKeys.properties, component),
      queueDirectory: queueDirectory(this.config.service.state_dir, `${definition.kind}/${component.id}`),
      drains: this.runMode.once,
      clock: this.clock,
      logger: this.factory.logger(component.id),
      metrics: new ExporterMetrics(this.factory.meter('exporter', component.id)),
      tap: this.taps.at({ kind: definition.kind === 'connector' ? 'connector' : 'exporter', id: component.id }),
      stopping: this.abort.signal,
    })
    this.#exporters.set(component, stage)
    return stage
  }

  #receiver(component: ComponentConfig): Graph['receivers'][number] {
    const definition = this.#definition(component)
    const metrics = new ReceiverMetrics(this.factory.meter('receiver', component.id))
    const branches = this.plan.pipelines
      .filter(({ receivers }) => receivers.includes(component))
      .flatMap(({ name }) => this.#pipelines.get(name)?.entrance ?? [])
    const settings = settingsOf<LineSettings>(lineKeys.properties, component)
    const deadLetters = this.#pipelines.get(settings.dead_letter_pipeline ?? '')
    const stage = new ReceiverStage({
      id: component.id,
      branches,
      deadLetterBranches: deadLetters === undefined ? [] : [deadLetters.entrance],
      metrics,
      tap: this.taps.at({ kind: 'receiver', id: component.id }),
      createLines:
        definition.reads === 'lines' ? (sends) => this.#lines(component, settings, metrics, sends) : undefined,
    })
    return { stage, receiver: this.#create<Receiver>(component), ends: definition.ends === true }
  }

  #lines(
    component: ComponentConfig,
    settings: LineSettings,
    metrics: ReceiverMetrics,
    sends: Pick<LineStageOptions, 'send' | 'sendDeadLetters'>,
  ): LineStage {
    const keys = this.#parserKeys(component, settings)
    const isolated = this.catalog.isolatedParser(settings.parser)
    return new LineStage({
      settings,
      createParser: () => isolated?.parser ?? this.catalog.createParser(settings.parser, keys),
      remoteParser: isolated?.remote ?? this.#remoteParser(component, settings, keys),
      splitter: this.#splitter(settings),
      pool: this.pool,
      clock: this.clock,
      logger: this.factory.logger(component.id),
      metrics,
      ...sends,
    })
  }

  /** The keys of a receiver that are its parser's. */
  #parserKeys(component: ComponentConfig, { parser }: LineSettings): ComponentConfig['resolved'] {
    const { parses } = this.#definition(component)
    if (parses?.parser !== parser) return {}
    return Object.fromEntries(
      parses.keys.flatMap((key) => (key in component.resolved ? [[key, component.resolved[key]]] : [])),
    )
  }

  #remoteParser(
    component: ComponentConfig,
    { parser: id, multiline }: LineSettings,
    keys: ComponentConfig['resolved'],
  ): RemoteParser | undefined {
    if (!this.workers.isEnabled || multiline !== undefined) return undefined
    const { type, config } = this.catalog.find('parser', id, keys)
    const { definition, entry } = type
    if (definition.parallel !== true || !canRunInWorker(definition.inject)) return undefined
    const key = Object.keys(keys).length === 0 ? `parser/${id}` : `parser/${id}@${component.id}`
    return this.workers.parser({ key, kind: 'parser', type: definition.type, entry, config: withoutIsolation(config) })
  }

  #splitter({ multiline }: LineSettings): RecordSplitter | undefined {
    if (multiline === undefined) return undefined
    const compile = (source: string | undefined) => (source === undefined ? undefined : this.patterns.compile(source))
    return { start: compile(multiline.line_start_pattern), end: compile(multiline.line_end_pattern) }
  }

  #create<Instance>(component: ComponentConfig): Instance {
    return this.factory.create<Instance>({
      id: component.id,
      definition: this.#definition(component),
      config: component.resolved,
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
