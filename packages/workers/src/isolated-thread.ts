import { backOff, type IsolationLimits } from '@weir/config'
import {
  type Clock,
  type Counter,
  isWeirError,
  type Logger,
  type Meter,
  messageOf,
  type RunMode,
  type State,
  type Timer,
  WeirError,
} from '@weir/sdk'
import { reasonOf } from '@weir/telemetry'
import type { Beginning, FailureReason, Instrument, MethodName, Methods, Note } from './isolation-messages.ts'
import type { WorkerComponent } from './worker-component.ts'
import { WorkerThread } from './worker-thread.ts'

/** How long the thread may take to load its modules and make the component. */
const startMs = 10_000
/** Once it has run for so long, its next failure counts as the first. */
const soundMs = 60_000
const restarts = { initial_interval: 1000, max_interval: 60_000, multiplier: 2 }
/** After so many failures without a sound run in between, nobody waits for the next start. */
const maxAwaited = 3

export interface IsolatedThreadOptions {
  readonly component: WorkerComponent
  readonly id: string
  readonly limits: IsolationLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly state: State
  readonly runMode: RunMode
  readonly stopping: AbortSignal
}

type Instances = Beginning['instances']

/**
 * A component's thread over all its lives: when one ends that should not, the next begins after a pause that grows, with
 * jitter. In the meantime there is no component, and each kind has its own rule for what comes.
 */
export class IsolatedThread {
  readonly id: string
  readonly #options: IsolatedThreadOptions
  readonly #restarts: Counter
  readonly #skipped: Counter
  readonly #recorders = new Map<string, (value: number, attributes?: { [name: string]: string }) => void>()
  /** What waits for the next start. */
  #waiting: PromiseWithResolvers<void>[] = []
  #thread: WorkerThread | undefined
  #isUp = false
  #isClosed = false
  #upSince = 0
  #failures = 0
  #skippedRecords = 0
  #timer: Timer | undefined
  #methods: ReadonlySet<string> | undefined
  readonly #onAbort = () => {
    this.#thread?.abort()
    this.#wake()
  }
  /** Of a detector: its instances, for the next start. */
  instances: () => Instances = () => []

  constructor(options: IsolatedThreadOptions) {
    const { id, meter, stopping } = options
    this.id = id
    this.#options = options
    this.#restarts = meter.counter('weir_component_restarts', {
      description: 'Times that the thread of an isolated component had to be stopped and begun anew',
      unit: '{restart}',
    })
    this.#skipped = meter.counter('weir_component_skipped_records', {
      description: 'Records that an isolated component was not shown, or has forgotten with its thread',
      unit: '{record}',
    })
    stopping.addEventListener('abort', this.#onAbort)
  }

  get isUp(): boolean {
    return this.#isUp && this.#thread?.isAlive === true
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether the component has a method, as far as is known. */
  mayHave(method: string): boolean {
    return this.#methods?.has(method) ?? true
  }

  /** Starts it, waiting on the spot. @throws WeirError that the component threw on purpose */
  startNow(): void {
    const thread = this.#begin()
    try {
      this.#rise(thread.call('create', [this.#beginning()], startMs))
    } catch (error) {
      this.#fall(thread, error)
    }
  }

  /** Starts it. @throws WeirError that the component threw on purpose */
  async start(): Promise<void> {
    const thread = this.#begin()
    try {
      this.#rise(await thread.request('create', [this.#beginning()], startMs))
    } catch (error) {
      this.#fall(thread, error)
    }
  }

  /** Resolves when it runs. @throws WeirError `WEIR_ISOLATION_DOWN` when it has failed too often for anyone to wait */
  async ready(): Promise<void> {
    while (!this.isUp) {
      if (this.#failures > maxAwaited || this.#isClosed || this.#options.stopping.aborted) throw this.#down()
      const next = Promise.withResolvers<void>()
      this.#waiting.push(next)
      await next.promise
    }
  }

  /** @throws WeirError `WEIR_ISOLATION_DOWN`, `WEIR_ISOLATION_STOPPED`, or what the component threw */
  call<Name extends MethodName>(
    method: Name,
    args: Parameters<Methods[Name]>,
    moved?: ArrayBuffer[],
  ): Awaited<ReturnType<Methods[Name]>> {
    if (this.#thread === undefined || !this.isUp) throw this.#down()
    return this.#thread.call(method, args, this.#options.limits.time_budget, moved)
  }

  async request<Name extends MethodName>(
    method: Name,
    args: Parameters<Methods[Name]>,
    moved?: ArrayBuffer[],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    if (this.#thread === undefined || !this.isUp) throw this.#down()
    return this.#thread.request(method, args, this.#options.limits.time_budget, moved)
  }

  /** Counts records that the component does not see. */
  skip(records: number): void {
    this.#skipped.add(records)
    this.#skippedRecords += records
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#isUp = false
    this.#timer?.cancel()
    this.#options.stopping.removeEventListener('abort', this.#onAbort)
    this.#wake()
    await this.#thread?.close()
  }

  #begin(): WorkerThread {
    const { component, id, limits, clock, runMode } = this.#options
    this.#thread = new WorkerThread({
      ...{ component, id, limits, clock, runMode },
      onNote: (note) => this.#hear(note),
      onEnd: (reason, error) => this.#restart(reason, error),
    })
    return this.#thread
  }

  #beginning(): Beginning {
    const { state } = this.#options
    return { state: state.keys().map((key) => [key, state.get(key) ?? null]), instances: this.instances() }
  }

  #rise(methods: readonly string[]): void {
    this.#methods = new Set(methods)
    this.#isUp = true
    this.#upSince = this.#options.clock.monotonic()
    if (this.#failures > 0) this.#options.logger.info({ skipped_records: this.#skippedRecords }, 'it runs again')
    this.#skippedRecords = 0
    this.#wake()
  }

  /** It could not be created. What it said on purpose, at the first start, is for the operator to put right. */
  #fall(thread: WorkerThread, error: unknown): void {
    if (this.#failures === 0 && thread.isAlive && isWeirError(error)) {
      void this.close()
      throw error
    }
    thread.fail('create', `it could not be created: ${messageOf(error)}`)
  }

  #restart(reason: FailureReason, error: string): void {
    const { clock, logger, id } = this.#options
    const wasSound = this.#isUp && clock.monotonic() - this.#upSince >= soundMs
    this.#isUp = false
    this.#failures = wasSound ? 1 : this.#failures + 1
    this.#restarts.add(1, { reason })
    const pauseMs = Math.round(backOff(this.#failures, restarts))
    logger.error({ reason, error, restart_in_ms: pauseMs }, `${id} was stopped`)
    if (this.#failures > maxAwaited) this.#wake()
    if (this.#isClosed) return
    this.#timer = clock.after(pauseMs, () => {
      this.start().catch((problem: unknown) => logger.error(reasonOf(problem), `${id} could not be started again`))
    })
  }

  #wake(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.resolve()
  }

  #down(): WeirError {
    const { id } = this.#options
    return new WeirError(`${id} does not run at the moment: its thread had to be stopped`, {
      code: 'WEIR_ISOLATION_DOWN',
      component: id,
    })
  }

  #hear(note: Note): void {
    if (note.is === 'log') this.#options.logger[note.level](note.fields, note.message)
    else if (note.is === 'state') this.#options.state.setAll(note.entries)
    else this.#recorder(note.instrument)(note.value, note.attributes)
  }

  #recorder(instrument: Instrument): (value: number, attributes?: { [name: string]: string }) => void {
    const { type, name } = instrument
    let record = this.#recorders.get(name)
    if (record === undefined) {
      const { meter } = this.#options
      if (type === 'counter') {
        const counter = meter.counter(name, instrument)
        record = (value, attributes) => counter.add(value, attributes)
      } else {
        const gauge = type === 'gauge' ? meter.gauge(name, instrument) : meter.histogram(name, instrument)
        record = (value, attributes) => gauge.record(value, attributes)
      }
      this.#recorders.set(name, record)
    }
    return record
  }
}
