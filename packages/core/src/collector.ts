import 'reflect-metadata'
import { type Clock, messageOf, type RunMode, type Terminal, WeirError } from '@weir/sdk'
import type { Logger as PinoLogger } from 'pino'
import { container as rootContainer } from 'tsyringe'
import { BatchPool } from './batch/batch-pool.ts'
import { compileCondition } from './expressions/condition.ts'
import { compilePattern } from './expressions/pattern.ts'
import { type Graph, GraphBuilder } from './graph/build.ts'
import { ComponentCatalog } from './graph/component-catalog.ts'
import { ComponentFactory } from './graph/component-factory.ts'
import { registerTokens } from './graph/register-tokens.ts'
import { services } from './graph/services.ts'
import type { Prepared } from './prepare.ts'
import { starting } from './stages/starting.ts'
import { StateStore } from './state/state-store.ts'
import { createLogger, type LogLevel } from './telemetry/logger.ts'
import { startPrometheus } from './telemetry/prometheus.ts'
import { SystemClock } from './telemetry/system-clock.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { WorkerPool } from './workers/worker-pool.ts'

export interface CollectorOptions {
  /** Read the input to its end and stop. */
  once: boolean
  /** The output is a terminal: colours and cards make sense. */
  isTerminal: boolean
  /** Where components that show something write. */
  terminal: Terminal
  /** Level of the process's own log; the config's if left out. */
  logLevel?: LogLevel | undefined
  clock?: Clock
}

/** How long a component may take to stop once everything must stop at once; then it is left behind. */
const graceMs = 1000

/** A running pipeline: start, stop, and what it measures. One per process and state directory. */
export class Collector {
  readonly telemetry = new Telemetry()
  readonly #prepared: Required<Pick<Prepared, 'config' | 'plan' | 'registry'>>
  readonly #options: CollectorOptions
  readonly #logger: PinoLogger
  readonly #abort = new AbortController()
  readonly #failure = Promise.withResolvers<never>()
  readonly #abandoned = Promise.withResolvers<void>()
  readonly #clock: Clock
  #graph: Graph | undefined
  #state: StateStore | undefined
  #closers: (() => Promise<void>)[] = []
  #stopped: Promise<boolean> | undefined

  /** @throws WeirError `WEIR_CONFIG_INVALID` when the config cannot run */
  constructor(prepared: Prepared, options: CollectorOptions) {
    const { config, plan, registry } = prepared
    if (config === undefined || plan === undefined) {
      throw new WeirError('the config is not valid', { code: 'WEIR_CONFIG_INVALID', hint: 'see weir validate' })
    }
    this.#prepared = { config, plan, registry }
    this.#options = options
    this.#clock = options.clock ?? new SystemClock()
    const { telemetry } = config.service
    this.#logger = createLogger({
      level: options.logLevel ?? telemetry.logs.level,
      isPretty: process.stderr.isTTY === true,
    })
    this.#failure.promise.catch(() => {})
  }

  /** The process's logger. */
  get logger(): PinoLogger {
    return this.#logger
  }

  /** The exporters with what waits before each, for those who show it. */
  get exporters(): readonly { id: string; queuedRecords: number; circuit: string }[] {
    return (this.#graph?.exporters ?? []).map(({ id, queue, circuitState }) => ({
      id,
      queuedRecords: queue.records,
      circuit: circuitState,
    }))
  }

  /**
   * Makes everything, then starts it: consumers before producers. If anything fails, what has started is stopped.
   * @throws WeirError from the state store, or from the component that failed
   */
  async start(): Promise<void> {
    const { config } = this.#prepared
    try {
      const { prometheus } = config.service.telemetry.metrics
      if (prometheus !== undefined) this.#closers.push(await startPrometheus(prometheus))
      this.#state = await StateStore.open(config.service.state_dir, (reason, path) =>
        this.#logger.warn({ reason, path }, 'the state could not be used and was set aside; starting with none'),
      )
      this.#graph = this.#build(this.#state)
      for (const { id, extension } of this.#graph.extensions) await starting(id, () => extension.start())
      for (const exporter of this.#graph.exporters) await starting(exporter.id, () => exporter.start())
      for (const pipeline of [...this.#graph.pipelines].reverse()) await pipeline.start()
      for (const { stage, receiver } of this.#graph.receivers) await starting(stage.id, () => stage.start(receiver))
    } catch (error) {
      this.abort(error)
      await this.stop()
      throw error
    }
  }

  /** Resolves when every receiver that ends has ended (`once`); rejects when an error stops the collector. */
  async ended(): Promise<void> {
    const endings = (this.#graph?.receivers ?? []).map(({ stage, ends }) =>
      ends ? stage.ended : new Promise<void>(() => {}),
    )
    await Promise.race([Promise.all(endings), this.#failure.promise])
  }

  /** Rejects when an error stops the collector (`service.on_error: stop`). */
  failed(): Promise<never> {
    return this.#failure.promise
  }

  /** Stops at once: attempts end, what waits is not delivered and its checkpoints do not move. */
  abort(reason: unknown = new Error('stopped at once')): void {
    this.#abort.abort(reason)
    this.#clock.after(graceMs, () => this.#abandoned.resolve())
    for (const exporter of this.#graph?.exporters ?? []) exporter.queue.abort(reason)
    for (const pipeline of this.#graph?.pipelines ?? []) pipeline.entrance.channel.abort(reason)
  }

  /**
   * Stops producers, drains what is under way, stops consumers. After `service.shutdown_timeout` it stops at once.
   * @returns whether everything was delivered in time
   */
  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<boolean> {
    const graph = this.#graph
    const deadline = this.#clock.after(this.#prepared.config.service.shutdown_timeout, () => {
      this.#logger.warn('not everything could be delivered before the deadline: stopping at once')
      this.abort()
    })
    if (graph !== undefined) {
      await this.#each(graph.receivers, ({ stage }) => stage.stop())
      await this.#each(graph.pipelines, (pipeline) => pipeline.stop())
      await this.#each(graph.exporters, (exporter) => exporter.stop())
      await this.#each(graph.receivers, ({ stage }) => stage.close())
      await this.#each(graph.extensions, ({ extension }) => extension.stop())
    }
    deadline.cancel()
    this.#state?.close()
    await this.#each(this.#closers.splice(0), (close) => close())
    return !this.#abort.signal.aborted
  }

  /** Stops one after the other; one that fails does not keep the others from it. */
  async #each<Item>(items: readonly Item[], stop: (item: Item) => Promise<void> | void): Promise<void> {
    for (const item of items) {
      try {
        await Promise.race([stop(item), this.#abandoned.promise])
      } catch (error) {
        this.#logger.error({ error: messageOf(error) }, 'something could not be stopped cleanly')
      }
    }
  }

  #build(state: StateStore): Graph {
    const { config, plan, registry } = this.#prepared
    const { once, isTerminal, terminal } = this.#options
    const runMode: RunMode = { once, isTerminal, baseDir: config.baseDir }
    const container = rootContainer.createChildContainer()
    const values: [string, unknown][] = [
      [services.container, container],
      [services.logger, this.#logger],
      [services.clock, this.#clock],
      [services.runMode, runMode],
      [services.terminal, terminal],
      [services.abort, this.#abort],
      [services.conditions, { compile: compileCondition }],
      [services.patterns, { compile: compilePattern }],
      [services.state, state],
      [services.config, config],
      [services.registry, registry],
      [services.plan, plan],
    ]
    for (const [name, useValue] of values) container.register(name, { useValue })
    container.register(Telemetry, { useValue: this.telemetry })
    const workers = new WorkerPool(config.service.workers)
    container.register(WorkerPool, { useValue: workers })
    this.#closers.push(() => workers.close())
    for (const service of [BatchPool, ComponentFactory, ComponentCatalog]) container.registerSingleton<unknown>(service)
    registerTokens(container)
    const stops = config.service.on_error === 'stop'
    return container.resolve(GraphBuilder).build(stops ? (error) => this.#failure.reject(error) : undefined)
  }
}
