import {
  type AttributeMap,
  appendMetric,
  type Clock,
  type Conditions,
  type Exporter,
  Layout,
  LogBatch,
  type Logger,
  type Meter,
  type MetricPoint,
  messageOf,
  type Output,
  type RunMode,
  type State,
  type Timer,
} from '@weir/sdk'
import { EventTime, Saved } from '@weir/windows'
import type { Config } from './config.ts'
import { WindowedMetric } from './windowed-metric.ts'

/** Version of what stands in the state. */
const version = 1
const stateKey = 'windows'
/** How often the watermark follows the clock while the sources are silent. */
const followMs = 1000

export interface MetricsConnectorOptions {
  readonly config: Config
  readonly id: string
  readonly output: Output
  readonly conditions: Conditions
  readonly state: State
  readonly clock: Clock
  readonly meter: Meter
  readonly logger: Logger
  readonly mode: RunMode
}

/** Measures records in event time, and sends a point for each window that has ended. */
export class MetricsConnector implements Exporter {
  readonly #options: MetricsConnectorOptions
  readonly #time = new EventTime()
  #metrics: WindowedMetric[]
  readonly #makeMetrics: () => WindowedMetric[]
  readonly #layout = new Layout()
  #hasBegun = false
  #waiting: MetricPoint[] = []
  #sending: Promise<void> = Promise.resolve()
  #timer: Timer | undefined

  /** @throws WeirError `WEIR_CONDITION_INVALID` */
  constructor(options: MetricsConnectorOptions) {
    this.#options = options
    const { config, conditions, meter } = options
    const late = meter.counter('weir_connector_metrics_late_records', {
      description: 'Records that came after their windows had ended',
      unit: '{record}',
    })
    const overflows = meter.counter('weir_connector_metrics_overflows', {
      description: 'Series that were forgotten since there were more than max_groups',
      unit: '{series}',
    })
    const compiled = config.metrics.map(({ where }) => (where === undefined ? undefined : conditions.compile(where)))
    this.#makeMetrics = () =>
      config.metrics.map(
        (metric, index) =>
          new WindowedMetric({
            ...{ config: metric, condition: compiled[index], late, overflows },
            ...{ maxGroups: config.max_groups, groupExpirationMs: config.group_expiration },
            emit: (point) => void this.#waiting.push(point),
          }),
      )
    this.#metrics = this.#makeMetrics()
  }

  start(): void {
    const { clock, mode } = this.#options
    if (mode.learning !== true) this.#restore()
    if (!mode.once) this.#timer = clock.every(followMs, () => this.#follow())
  }

  /** The records are counted before anything can fail, and once: the attempt does not. */
  async export(batch: LogBatch): Promise<void> {
    if (batch.length === 0) return
    const { allowed_lateness: lateness } = this.#options.config
    const { time, starts, watermarks } = this.#time.cut(batch, this.#now(), lateness)
    for (let slice = 0; slice < starts.length; slice++) {
      const watermark = watermarks[slice] ?? Number.NaN
      if (watermark === Number.NEGATIVE_INFINITY) this.#beginAnew()
      else if (!Number.isNaN(watermark)) this.#advance(watermark - lateness)
      const [from = 0, to = batch.length] = [starts[slice], starts[slice + 1]]
      for (const metric of this.#metrics) metric.observe(batch, time, from, to)
    }
    await this.#send()
  }

  async flush(): Promise<void> {
    if (this.#options.mode.once) for (const metric of this.#metrics) metric.finish()
    await this.#send()
  }

  stop(): void {
    this.#timer?.cancel()
    if (this.#options.mode.learning !== true) this.#options.state.setAll(this.checkpoint())
  }

  checkpoint(): AttributeMap {
    const metrics = this.#metrics.map((metric) => metric.snapshot())
    return { [stateKey]: { version, time: this.#time.snapshot(), metrics } }
  }

  /** The clock of the source was wrong: what is in open windows is all that there will be. */
  #beginAnew(): void {
    for (const metric of this.#metrics) metric.finish()
    this.#metrics = this.#makeMetrics()
    this.#hasBegun = false
  }

  #advance(watermark: number): void {
    // The first one comes before the first record: there is nothing to judge, and less than a whole window to come.
    if (!this.#hasBegun) {
      this.#hasBegun = true
      return
    }
    for (const metric of this.#metrics) metric.advance(watermark)
  }

  /** A run that reads to the end does not look at the clock: it must not matter how fast it is. */
  #now(): number {
    const { mode, clock } = this.#options
    return mode.once ? 0 : clock.monotonic()
  }

  #follow(): void {
    if (!this.#time.follow(this.#now())) return
    this.#advance(this.#time.watermark - this.#options.config.allowed_lateness)
    void this.#send()
  }

  /** Sends what has been gathered, in the order of time; resolves when there was room for it. */
  #send(): Promise<void> {
    const points = this.#waiting.sort((one, other) => one.time - other.time)
    this.#waiting = []
    if (points.length > 0) this.#sending = this.#sending.then(() => this.#sendPoints(points))
    return this.#sending
  }

  async #sendPoints(points: readonly MetricPoint[]): Promise<void> {
    const { id, output, clock, logger } = this.#options
    const batch = new LogBatch({
      ...{ signal: 'metrics', source: id, observedTime: clock.now(), layout: this.#layout, capacity: points.length },
      scope: { name: '@weir/connector-metrics' },
    })
    for (const point of points) appendMetric(batch, point)
    try {
      await output.send(batch)
    } catch (error) {
      logger.error({ points: points.length, error: messageOf(error) }, 'points could not be sent')
    }
  }

  #restore(): void {
    const { state, logger } = this.#options
    const saved = new Saved(state.get(stateKey))
    if (saved.isEmpty) return
    if (saved.number('version', 0) !== version) {
      logger.warn({ version: saved.value('version') ?? null }, 'the windows’ state is of another version: not used')
      return
    }
    this.#time.restore(saved.value('time'), this.#now())
    this.#hasBegun = this.#time.watermark !== Number.NEGATIVE_INFINITY
    const known = saved.children('metrics')
    for (const metric of this.#metrics) {
      const own = known.find((entry) => entry.text('config') === metric.configText)
      if (own !== undefined) metric.restore(own)
    }
  }
}
