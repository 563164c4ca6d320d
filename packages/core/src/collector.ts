import 'reflect-metadata'
import { softLimitOf } from '@weir/config'
import { Control, type Onlooker, type ReloadOutcome, type TapPlace, TapPoints } from '@weir/control'
import { DeadLetterFiles } from '@weir/dead-letter'
import { compileCondition, compileExpression, compilePattern } from '@weir/expressions'
import { type Clock, type CollectorStatus, messageOf, type RunMode, type Terminal, WeirError } from '@weir/sdk'
import { StateStore } from '@weir/state'
import {
  createLogger,
  type LogLevel,
  type PinoLogger,
  PrometheusEndpoint,
  SystemClock,
  Telemetry,
} from '@weir/telemetry'
import { WorkerPool } from '@weir/workers'
import { container as rootContainer } from 'tsyringe'
import { BatchPool } from './batch/batch-pool.ts'
import type { HeldState } from './checkpoint/held-state.ts'
import { collectorStatus } from './collector-status.ts'
import { replay } from './dead-letter/replay.ts'
import { AuthenticatorDirectory } from './graph/authenticator-directory.ts'
import { GraphBuilder } from './graph/build.ts'
import { ComponentCatalog } from './graph/component-catalog.ts'
import { ComponentFactory } from './graph/component-factory.ts'
import type { Runnable } from './graph/fingerprints.ts'
import type { Predecessor } from './graph/graph.ts'
import { keptBetween, restartReason } from './graph/kept.ts'
import { registerTokens } from './graph/register-tokens.ts'
import { RunningGraph } from './graph/running-graph.ts'
import { services } from './graph/services.ts'
import { MemoryLimiter, type MemoryLimits } from './memory/memory-limiter.ts'
import { type MemoryMeter, ProcessMemory } from './memory/memory-meter.ts'
import type { Prepared } from './prepare.ts'

export interface CollectorOptions {
  /** Read the input to its end and stop. */
  once: boolean
  /** History is only learnt from. */
  learning?: boolean
  /** The output is a terminal: colours and cards make sense. */
  isTerminal: boolean
  /** Where components that show something write. */
  terminal: Terminal
  /** Level of the process's own log; the config's if left out. */
  logLevel?: LogLevel | undefined
  clock?: Clock
  /** `false`: receivers are made, but not started; what is to be done comes by `replay`. Default: true. */
  receives?: boolean
  /** How memory is measured for `service.memory_limit`; the process's own if left out. */
  memory?: MemoryMeter
  /** Opens the control socket, unless the config says no; with what it does when it is told to reload. */
  control?: { reload(): Promise<ReloadOutcome> } | undefined
}

/** A running pipeline: start, reload, stop, and what it measures. One per process and state directory. */
export class Collector {
  readonly telemetry = new Telemetry()
  /** The process's logger. */
  readonly logger: PinoLogger
  readonly #options: CollectorOptions
  readonly #control = new Control()
  readonly #clock: Clock
  readonly #since: number
  readonly #letterFiles: DeadLetterFiles
  readonly #memory: MemoryLimiter
  readonly #failure = Promise.withResolvers<never>()
  readonly #metrics = new PrometheusEndpoint()
  #prepared: Runnable
  #state: { readonly store: StateStore; readonly directory: string } | undefined
  #workers = new WorkerPool(0)
  #abort = new AbortController()
  #states = new Map<string, HeldState>()
  #running: RunningGraph | undefined
  #reloading: Promise<unknown> = Promise.resolve()
  #isStopping = false
  #stopped: Promise<boolean> | undefined

  /** @throws WeirError `WEIR_CONFIG_INVALID` when the config cannot run */
  constructor(prepared: Prepared, options: CollectorOptions) {
    this.#prepared = runnable(prepared)
    this.#options = options
    this.#clock = options.clock ?? new SystemClock()
    this.#since = this.#clock.monotonic()
    this.logger = createLogger({ level: this.#logLevel, isPretty: process.stderr.isTTY === true })
    this.#letterFiles = new DeadLetterFiles({ clock: this.#clock, logger: this.logger })
    this.#failure.promise.catch(() => {})
    this.#memory = new MemoryLimiter({
      memory: options.memory ?? new ProcessMemory(),
      clock: this.#clock,
      logger: this.logger,
      meter: this.telemetry.meter('process', 'memory'),
    })
  }

  /** The exporters with what waits before each, for those who show it. */
  get exporters(): readonly { id: string; queuedRecords: number; circuit: string }[] {
    return (this.#running?.graph.exporters ?? []).map(({ id, waiting, circuitState }) => ({
      id,
      queuedRecords: waiting.records,
      circuit: circuitState,
    }))
  }

  /** What of the input could not be read, once that has ended (`once`): the receiver, and what it calls it. */
  get unread(): readonly { readonly receiver: string; readonly source: string }[] {
    const receivers = this.#running?.graph.receivers ?? []
    return receivers.flatMap(({ stage }) => stage.unread.map((source) => ({ receiver: stage.id, source })))
  }

  /** Places in the config of what has been given something and has not finished it. */
  get busy(): readonly string[] {
    return this.#running?.busy ?? []
  }

  /** What runs now, how it fares, and what has passed. */
  status(): CollectorStatus {
    const running = this.#running
    return collectorStatus(
      { ...this.#prepared, graph: running?.graph, phase: running?.phase ?? 'starting' },
      {
        telemetry: this.telemetry,
        taps: this.#control.taps,
        alerts: this.#control.alerts,
        now: this.#clock.now(),
        uptimeMs: this.#clock.monotonic() - this.#since,
        memory: this.#memory,
      },
    )
  }

  /** Shows someone what passes a point, from now on and over reloads. Returns how to end it. */
  watch(place: TapPlace, onlooker: Onlooker): () => void {
    return this.#control.taps.at(place).watch(onlooker)
  }

  /**
   * Makes everything, then starts it: consumers before producers. If anything fails, what has started is stopped.
   * @throws WeirError from the state store, or from the component that failed
   */
  async start(): Promise<void> {
    try {
      await this.#serveMetrics()
      await this.#run()
      await this.#openControl()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Goes over to another config. Extensions, receivers, processors and exporters that are the same go on with their
   * connections, files, queues and threads, and pipelines in which nothing has changed do not even pause; the others stop and
   * start anew with the same state, so that sources go on where they were. Another state directory makes all of them start
   * anew. If the new config cannot be started, the old one runs again.
   * @throws WeirError `WEIR_CONFIG_INVALID`, when nothing has changed; or from the component that failed
   */
  reload(prepared: Prepared): Promise<void> {
    const next = runnable(prepared)
    const reloading = this.#reloading.then(() => this.#reload(next))
    this.#reloading = reloading.catch(() => {})
    return reloading
  }

  /**
   * Sends dead letters again, as they stand in a file: to the component that gave them up, or to another. Resolves when
   * they are delivered, or dead again.
   * @returns how many records were sent
   * @throws WeirError `WEIR_REPLAY_TARGET` before anything is sent, or why something was not delivered
   */
  async replay(lines: string, to?: string): Promise<number> {
    await this.#reloading
    const graph = this.#running?.graph
    return graph === undefined ? 0 : replay(graph, lines, to)
  }

  /** Resolves when every receiver that ends has ended (`once`); rejects when an error stops the collector. */
  async ended(): Promise<void> {
    await Promise.race([this.#running?.ended(), this.#failure.promise])
  }

  /** Rejects when an error stops the collector (`service.on_error: stop`). */
  failed(): Promise<never> {
    return this.#failure.promise
  }

  /** Stops at once: attempts end, what waits is not delivered and its checkpoints do not move. */
  abort(reason: unknown = new Error('stopped at once')): void {
    this.#isStopping = true
    this.#running?.abort(reason)
  }

  /**
   * Stops producers, drains what is under way, stops consumers. After `service.shutdown_timeout` it stops at once.
   * @returns whether everything was delivered in time
   */
  stop(): Promise<boolean> {
    this.#isStopping = true
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<boolean> {
    await this.#reloading
    const isDelivered = (await this.#running?.stop()) ?? true
    await this.#workers.close()
    await this.#control.close()
    this.#memory.stop()
    this.#state?.store.close()
    await this.#metrics.close().catch((error: unknown) => {
      this.logger.error({ error: messageOf(error) }, 'the metrics endpoint could not be closed')
    })
    return isDelivered
  }

  async #reload(next: Runnable): Promise<void> {
    if (this.#state === undefined || this.#isStopping) return
    const previous = this.#prepared
    const running = this.#running
    const reason = restartReason(previous, next)
    const kept = keptBetween(previous, next)
    try {
      this.#prepared = next
      // It may fail, and nothing has been touched yet.
      await this.#serveMetrics()
    } catch (error) {
      this.#prepared = previous
      throw error
    }
    let rest = reason === undefined ? await running?.reduceTo(kept) : undefined
    if (rest === undefined) {
      const because = reason ?? 'what is under way was not delivered within service.shutdown_timeout'
      this.logger.warn({ because }, 'the reload stops everything and starts it anew')
      await this.#stopGraph()
      if (this.#isStopping) return
    }
    try {
      await this.#run(rest)
    } catch (error) {
      this.#prepared = previous
      if (rest !== undefined && this.#running !== running) {
        rest = await this.#running?.reduceTo(kept)
        if (rest === undefined) await this.#stopGraph()
      }
      await this.#serveMetrics()
      await this.#run(rest)
      throw error
    }
    this.logger.level = this.#logLevel
    await this.#openControl()
  }

  async #stopGraph(): Promise<void> {
    await this.#running?.stop()
    await this.#workers.close()
  }

  get #logLevel(): LogLevel {
    return this.#options.logLevel ?? this.#prepared.config.service.telemetry.logs.level
  }

  /** Where the config says, if it does. */
  #serveMetrics(): Promise<void> {
    return this.#metrics.serve(this.#prepared.config.service.telemetry.metrics.prometheus)
  }

  async #openControl(): Promise<void> {
    const { control } = this.#options
    const { service } = this.#prepared.config
    if (control === undefined) return
    await this.#control.open({
      isEnabled: service.control.enabled,
      stateDir: service.state_dir,
      clock: this.#clock,
      logger: this.logger,
      pipelines: () => this.#prepared.plan.pipelines,
      status: () => this.status(),
      reload: () => control.reload(),
      replay: (lines, to) => this.replay(lines, to),
    })
  }

  /** The state of the config's directory. Nothing runs if it is another than before. */
  async #openState(): Promise<StateStore> {
    const { state_dir: directory } = this.#prepared.config.service
    if (this.#state?.directory === directory) return this.#state.store
    this.#state?.store.close()
    this.#state = undefined
    const store = await StateStore.open(directory, (reason, path) =>
      this.logger.warn({ reason, path }, 'the state could not be used and was set aside; starting with none'),
    )
    this.#state = { store, directory }
    return store
  }

  /** Makes the graph of the config and starts it. */
  async #run(predecessor?: Predecessor): Promise<void> {
    const state = await this.#openState()
    const { config, plan, registry } = this.#prepared
    const { once, learning = false, isTerminal, terminal } = this.#options
    const { clock, logger } = { clock: this.#clock, logger: this.logger }
    const { state_dir: stateDir } = config.service
    const runMode: RunMode = {
      ...{ once, learning, isTerminal, baseDir: config.baseDir },
      ...(stateDir !== 'memory' && { stateDir }),
    }
    if (predecessor === undefined) {
      this.#abort = new AbortController()
      this.#abort.signal.addEventListener('abort', () => this.#memory.release(), { once: true })
      this.#states = new Map()
      this.#workers = new WorkerPool(config.service.workers)
    }
    this.#memory.watch(memoryLimits(config.service))
    this.#workers.resize(config.service.workers)
    const abort = this.#abort
    const container = rootContainer.createChildContainer()
    const values: [string, unknown][] = [
      [services.container, container],
      [services.logger, logger],
      [services.clock, clock],
      [services.runMode, runMode],
      [services.terminal, terminal],
      [services.abort, abort],
      [services.conditions, { compile: compileCondition }],
      [services.expressions, { compile: compileExpression }],
      [services.patterns, { compile: compilePattern }],
      [services.state, state],
      [services.config, config],
      [services.registry, registry],
      [services.plan, plan],
      [services.predecessor, { of: predecessor }],
      [services.states, this.#states],
      [services.status, { read: () => this.status() }],
    ]
    for (const [name, useValue] of values) container.register(name, { useValue })
    container.register(Telemetry, { useValue: this.telemetry })
    container.register(TapPoints, { useValue: this.#control.taps })
    container.register(DeadLetterFiles, { useValue: this.#letterFiles })
    container.register(MemoryLimiter, { useValue: this.#memory })
    container.register(WorkerPool, { useValue: this.#workers })
    const singletons = [BatchPool, ComponentFactory, ComponentCatalog, AuthenticatorDirectory]
    for (const service of singletons) container.registerSingleton<unknown>(service)
    registerTokens(container)
    const onError = config.service.on_error === 'stop' ? (error: unknown) => this.#failure.reject(error) : undefined
    const graph = container.resolve(GraphBuilder).build(onError)
    this.#running = new RunningGraph(graph, {
      clock,
      logger,
      abort,
      once,
      shutdownMs: config.service.shutdown_timeout,
      predecessor,
      receives: this.#options.receives ?? true,
    })
    await this.#running.start()
    await this.#workers.keepOnly(graph.threads.values())
  }
}

function memoryLimits({ memory_limit: limit }: Runnable['config']['service']): MemoryLimits | undefined {
  if (limit === undefined) return undefined
  return { softBytes: softLimitOf(limit), hardBytes: limit.hard, checkMs: limit.check_interval }
}

/** @throws WeirError `WEIR_CONFIG_INVALID` when the config cannot run */
function runnable({ config, plan, registry }: Prepared): Runnable {
  if (config !== undefined && plan !== undefined) return { config, plan, registry }
  throw new WeirError('the config is not valid', { code: 'WEIR_CONFIG_INVALID', hint: 'see weir validate' })
}
