import { backOff, type ExporterSettings } from '@weir/config'
import type { TapPoint } from '@weir/control'
import {
  type Clock,
  type Delivery,
  type Exporter,
  isPermanentError,
  isRetryableError,
  type LogBatch,
  type Logger,
  messageOf,
} from '@weir/sdk'
import { type Backlog, type ExporterMetrics, reasonOf } from '@weir/telemetry'
import { concat } from '../batch/concat.ts'
import { Channel, type Parcel } from '../channel/channel.ts'
import type { DeadLetters } from '../dead-letter/dead-letters.ts'
import { DiskPassage } from '../queue/disk-passage.ts'
import { Attempt } from './attempt.ts'
import { Circuit, type CircuitState } from './circuit.ts'
import type { ConnectorStage } from './connector-stage.ts'
import { TimedOut } from './timed-out.ts'

export interface ExporterStageOptions {
  id: string
  /** Names of the pipelines that it belongs to alone: those of a connector. */
  pipelines?: readonly string[]
  exporter: Exporter
  /** Where its output goes, if it is a connector. Its attempts take as long as there is no room there. */
  connector?: ConnectorStage | undefined
  concurrent: number
  settings: ExporterSettings
  /** Where the queue is kept under `storage: disk`. */
  queueDirectory: string
  /** Whether to export all that waits on the disk before stopping. */
  drains: boolean
  clock: Clock
  logger: Logger
  metrics: ExporterMetrics
  /** Passed by what is about to be exported, however many attempts it takes. */
  tap: TapPoint
  /** Where what is given up goes, if someone wants it. */
  deadLetters: DeadLetters
  /** Aborts when the collector stops at once: attempts end, what waits is not delivered. */
  stopping: AbortSignal
}

/** What every exporter gets: a queue, batching, time-out, retries with full jitter, and a circuit that reports its state. */
export class ExporterStage {
  readonly id: string
  readonly pipelines: readonly string[]
  readonly queue: Channel
  readonly #options: ExporterStageOptions
  readonly #circuit: Circuit
  /** The way over the disk, under `storage: disk` and `policy: spill`. */
  readonly #disk: DiskPassage | undefined
  /** Whether some of what waits may be in memory alone, although there is a queue on disk. */
  readonly #spills: boolean
  /** Aborts when a batch that fails is not tried again. */
  readonly #patience = new AbortController()
  readonly #attempts = new Set<Attempt>()
  #consumers: Promise<void>[] = []
  #exporting = 0

  constructor(options: ExporterStageOptions) {
    const { settings, metrics, clock, logger, stopping } = options
    const { storage, policy, queue_size, max_bytes, max_size, when_full, fsync, fsync_interval } =
      settings.sending_queue
    this.#spills = storage === 'memory' && policy === 'spill'
    this.id = options.id
    this.pipelines = options.pipelines ?? []
    this.#options = options
    this.queue = new Channel({
      maxRecords: queue_size,
      maxBytes: max_bytes,
      policy: storage === 'disk' || policy === 'spill' ? 'block' : policy,
      onDrop: (batch) => metrics.dropped(batch.length, 'queue_full'),
    })
    this.#circuit = new Circuit({
      threshold: settings.circuit_breaker.failure_threshold,
      openMs: settings.circuit_breaker.open_duration,
      clock,
      onChange: (state) => {
        metrics.circuit(state)
        if (state === 'open') logger.warn({ state }, 'the sink keeps failing: sending pauses')
        else if (state === 'closed') logger.info({ state }, 'the sink works again')
      },
    })
    if (storage === 'disk' || this.#spills) {
      this.#disk = new DiskPassage({
        entrance: this.queue,
        readsOnly: options.connector === undefined,
        ...(this.#spills ? { memory: { maxRecords: queue_size, maxBytes: max_bytes } } : {}),
        directory: options.queueDirectory,
        maxBytes: max_size,
        whenFull: when_full,
        fsync,
        fsyncMs: fsync_interval,
        clock,
        logger,
        onDrop: (records) => {
          metrics.dropped(records, 'queue_full')
          logger.warn({ records }, 'the queue is full: the oldest records are dropped')
        },
        onDamage: () => metrics.damaged(),
        onChange: () => metrics.recordQueue(),
      })
    }
    const onStop = () => {
      this.#leave(stopping.reason)
      for (const attempt of this.#attempts) attempt.abort(stopping.reason)
    }
    stopping.addEventListener('abort', onStop, { once: true })
    metrics.observeQueue(this.waiting, clock)
  }

  /** What waits, in memory or on the disk. */
  get waiting(): Backlog {
    return this.#disk ?? this.queue
  }

  /** Nothing waits in memory, and nothing is being exported. */
  get isIdle(): boolean {
    return this.queue.size === 0 && this.#exporting === 0
  }

  /** `closed` (sending), `open` (pausing) or `half_open` (trying one batch). */
  get circuitState(): CircuitState {
    return this.#circuit.state
  }

  /** How long the circuit has not been closed, milliseconds. */
  get circuitOpenMs(): number {
    return this.#circuit.openMs
  }

  async start(): Promise<void> {
    await this.#options.exporter.start?.()
    await this.#disk?.start()
    this.#consumers = Array.from({ length: this.#options.concurrent }, () => this.#consume())
  }

  /**
   * Takes nothing more in, exports what waits, and stops the exporter. What waits on the disk alone is safe there: unless
   * the stage drains, it is left for the next start.
   */
  async stop(): Promise<void> {
    this.queue.close()
    if (this.#options.drains || this.#spills) await this.#disk?.drain()
    else if (this.#disk !== undefined) this.#leave(new Error('stopped: what waits is on the disk'))
    await Promise.all(this.#consumers)
    await this.#disk?.close()
    await this.#options.exporter.flush?.()
    await this.#options.exporter.stop?.()
  }

  #leave(reason: unknown): void {
    this.#patience.abort(reason)
    this.#disk?.leave(reason)
  }

  async #consume(): Promise<void> {
    const { settings } = this.#options
    const source = this.#disk?.outlet ?? this.queue
    for (;;) {
      const parcel = await source.take()
      if (parcel === undefined) return
      this.#exporting++
      const parcels = settings.batch === undefined ? [parcel] : await this.#gather(source, parcel, settings.batch)
      await this.#deliver(parcels)
      this.#exporting--
    }
  }

  /** Waits for more to go with the first parcel, until there is enough or the flush time-out is over. */
  async #gather(source: Channel, first: Parcel, limits: NonNullable<ExporterSettings['batch']>): Promise<Parcel[]> {
    const parcels = [first]
    let records = first.batch.length
    let bytes = first.batch.byteLength
    let isOver = false
    const over = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(limits.flush_timeout, () => {
      isOver = true
      over.resolve()
    })
    while (!isOver && records < limits.max_records && bytes < limits.max_bytes) {
      const next = source.shift()
      if (next === undefined) {
        if (source.isClosed) break
        await Promise.race([source.wait(), over.promise])
        continue
      }
      parcels.push(next)
      records += next.batch.length
      bytes += next.batch.byteLength
    }
    timer.cancel()
    return parcels
  }

  async #deliver(parcels: readonly Parcel[]): Promise<void> {
    for (const group of alike(parcels)) {
      try {
        const letters = await this.#exportUntilDone(concat(group.map(({ batch }) => batch)))
        this.#options.connector?.moveDeliveriesTo(group.map(({ delivery }) => delivery))
        if (letters !== undefined) for (const { delivery } of group) delivery.include(letters)
        for (const { delivery } of group) delivery.settle()
      } catch (reason) {
        for (const { delivery } of group) delivery.fail(reason)
      }
    }
  }

  /**
   * Returns when the batch is delivered or given up for good, with the delivery of the dead letters if it became some;
   * throws when it is not delivered because all must stop.
   */
  async #exportUntilDone(batch: LogBatch): Promise<Delivery | undefined> {
    const { settings, clock, metrics, logger, tap } = this.#options
    const { signal: patience } = this.#patience
    const { retry_on_failure: retry } = settings
    tap.pass(batch)
    const since = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      await this.#circuit.ready(patience)
      try {
        await this.#attempt(batch)
        this.#circuit.succeed()
        metrics.sent(batch.length)
        if (attempt > 1) logger.info({ attempts: attempt }, 'delivered after a failure')
        return undefined
      } catch (error) {
        this.#options.stopping.throwIfAborted()
        const isRetryable = isRetryableError(error)
        if (isRetryable) patience.throwIfAborted()
        if (!isRetryable || !retry.enabled) {
          if (isPermanentError(error)) this.#circuit.succeed()
          return this.#giveUp(batch, error, isRetryable ? 'retry_disabled' : 'permanent', attempt)
        }
        this.#circuit.fail()
        const waitMs = Math.max(backOff(attempt, retry), error.retryAfter ?? 0, this.#circuit.waitMs)
        const elapsedMs = clock.monotonic() - since
        if (retry.max_elapsed_time > 0 && elapsedMs + waitMs > retry.max_elapsed_time) {
          return this.#giveUp(batch, error, 'retries_exhausted', attempt)
        }
        metrics.retried()
        logger.warn({ attempt, retry_in_ms: Math.round(waitMs), ...reasonOf(error) }, 'delivery failed, trying again')
        await clock.sleep(waitMs, patience)
      }
    }
  }

  /** One attempt, bounded by the time-out even if the exporter does not heed the signal. */
  async #attempt(batch: LogBatch): Promise<void> {
    const { exporter, connector, settings, clock, stopping } = this.#options
    const attempt = new Attempt()
    const timeOut = () => attempt.abort(new TimedOut(this.id, settings.timeout))
    const timer = connector === undefined ? clock.after(settings.timeout, timeOut) : undefined
    this.#attempts.add(attempt)
    try {
      if (stopping.aborted) attempt.abort(stopping.reason)
      await attempt.run((context) => exporter.export(batch, context))
    } finally {
      timer?.cancel()
      this.#attempts.delete(attempt)
    }
  }

  async #giveUp(batch: LogBatch, error: unknown, reason: string, attempts: number): Promise<Delivery | undefined> {
    const { metrics, logger, deadLetters } = this.#options
    const { records = batch.length, rows = undefined } = isPermanentError(error) ? error : {}
    const refused = Math.min(records, batch.length)
    const isPartial = refused < batch.length
    if (isPartial) metrics.sent(batch.length - refused)
    metrics.dropped(refused, reason)
    const end = deadLetters.isEmpty ? 'given up' : 'kept as dead letters'
    logger.error(
      { records: refused, reason, ...reasonOf(error) },
      isPartial
        ? `some records of a batch were refused and are ${end}`
        : `a batch could not be delivered and is ${end}`,
    )
    if (deadLetters.isEmpty || refused === 0) return undefined
    const dead = rows === undefined ? batch : batch.select(Uint32Array.from(rows, (index) => batch.rowAt(index)))
    return deadLetters.send(dead, { reason, error: messageOf(error), attempts })
  }
}

/** Parcels whose batches can be joined: of one signal, one resource and one scope. */
function alike(parcels: readonly Parcel[]): Iterable<readonly Parcel[]> {
  if (parcels.length === 1) return [parcels]
  return Map.groupBy(parcels, ({ batch: { signal, resource, scope } }) =>
    JSON.stringify([signal, resource, scope]),
  ).values()
}
