import type { ComponentConfig, LineSettings } from '@weir/config'
import type { RecordSplitter } from '@weir/line-parsing'
import type { Clock, Definition, Patterns } from '@weir/sdk'
import { canRunInWorker, type RemoteParser, type ThreadGroup, WorkerPool } from '@weir/workers'
import { inject, injectable } from 'tsyringe'
import { BatchPool } from '../batch/batch-pool.ts'
import { LineStage, type LineStageOptions } from '../stages/line-stage.ts'
import { ComponentCatalog } from './component-catalog.ts'
import { ComponentFactory } from './component-factory.ts'
import { withoutIsolation } from './isolation.ts'
import { services } from './services.ts'

export interface LineReceiver extends Pick<LineStageOptions, 'settings' | 'metrics' | 'send' | 'sendDeadLetters'> {
  readonly component: ComponentConfig
  readonly parses: Definition['parses']
  /** Of a parser that is isolated. */
  readonly threads: ThreadGroup
}

/** Makes the stages that turn what receivers of lines read into records. */
@injectable()
export class LineStages {
  constructor(
    @inject(services.clock) private readonly clock: Clock,
    @inject(services.patterns) private readonly patterns: Patterns,
    @inject(ComponentFactory) private readonly factory: ComponentFactory,
    @inject(ComponentCatalog) private readonly catalog: ComponentCatalog,
    @inject(BatchPool) private readonly pool: BatchPool,
    @inject(WorkerPool) private readonly workers: WorkerPool,
  ) {}

  create({ component, parses, threads, ...options }: LineReceiver): LineStage {
    const { settings } = options
    const keys = parserKeys(component, parses, settings)
    const isolated = this.catalog.isolatedParser(settings.parser, threads)
    return new LineStage({
      createParser: () => isolated?.parser ?? this.catalog.createParser(settings.parser, keys, threads),
      remoteParser: isolated?.remote ?? this.#remoteParser(component, settings, keys),
      splitter: this.#splitter(settings),
      pool: this.pool,
      clock: this.clock,
      logger: this.factory.logger(component.id),
      ...options,
    })
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
}

/** The keys of a receiver that are its parser's. */
function parserKeys(
  component: ComponentConfig,
  parses: Definition['parses'],
  { parser }: LineSettings,
): ComponentConfig['resolved'] {
  if (parses?.parser !== parser) return {}
  return Object.fromEntries(
    parses.keys.flatMap((key) => (key in component.resolved ? [[key, component.resolved[key]]] : [])),
  )
}
