import {
  type AlertReport,
  type AttributeMap,
  type AttributeValue,
  type Checkpoint,
  type Clock,
  type Conditions,
  type Counter,
  type Detectors,
  type LogBatch,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  type Processor,
  type RunMode,
  type State,
  type Timer,
} from '@weir/sdk'
import { EventTime, Saved } from '@weir/windows'
import { AlertSender } from './alert-sender.ts'
import { explained } from './explanation.ts'
import { HostedDetector, type Question } from './hosted-detector.ts'
import { RecentRecords } from './recent-records.ts'

/** Version of what stands in the state. */
const version = 1
const stateKey = 'detectors'
/** What they know in words, for `weir state show`. */
/** Before the number of a pane: each is stored when it changes. */
const recentPrefix = 'recent:'
const learntKey = 'learnt'
/** How often the watermark follows the clock while the sources are silent. */
const followMs = 1000
/** Errors of one detector that are logged; the rest is only counted. */
const maxLoggedErrors = 10

export interface HostOptions {
  readonly config: { readonly detectors: readonly string[] }
  readonly id: string
  readonly output: Output
  readonly detectors: Detectors
  readonly conditions: Conditions
  readonly state: State
  readonly clock: Clock
  readonly meter: Meter
  readonly logger: Logger
  readonly mode: RunMode
}

/** Shows records to detectors in event time, keeps what they know over restarts, and sends on what they report. */
export class AnomalyHost implements Processor {
  readonly #options: HostOptions
  #time = new EventTime()
  readonly #recent = new RecentRecords()
  readonly #sender: AlertSender
  readonly #detectors: HostedDetector[]
  readonly #errors: Counter
  readonly #late: Counter
  readonly #lateness: number
  readonly #errorCounts = new Map<string, number>()
  #timers: Timer[] = []

  /** @throws WeirError `WEIR_DETECTOR_UNKNOWN`, `WEIR_CONDITION_INVALID` */
  constructor(options: HostOptions) {
    this.#options = options
    const { meter, logger, output } = options
    const alerts = meter.counter('weir_detector_alerts', { description: 'Alerts that began firing', unit: '{alert}' })
    this.#errors = meter.counter('weir_detector_errors', { description: 'Exceptions of detectors', unit: '{error}' })
    this.#late = meter.counter('weir_detector_late_records', {
      description: 'Records that came after their windows were judged: no rate or threshold counts them',
      unit: '{record}',
    })
    this.#sender = new AlertSender(output, alerts, logger)
    this.#detectors = [...new Set(options.config.detectors)].map((id) => this.#host(id))
    this.#lateness = Math.max(0, ...this.#detectors.map(({ settings }) => settings.allowed_lateness))
  }

  start(): void {
    const { clock, mode } = this.#options
    this.#restore()
    if (!mode.once) this.#timers.push(clock.every(followMs, () => this.#follow()))
  }

  process(batch: LogBatch): LogBatch | Promise<LogBatch> {
    if (batch.length === 0) return batch
    const { time, starts, watermarks, late } = this.#time.cut(batch, this.#now(), this.#lateness)
    if (late > 0) this.#late.add(late)
    const view = batch.select(batch.selection)
    view.time = time
    for (const detector of this.#detectors) detector.begin(view)
    const sliceCount = starts.length
    for (let slice = 0; slice < sliceCount; slice++) {
      const from = starts[slice] ?? 0
      const to = starts[slice + 1] ?? batch.length
      const watermark = watermarks[slice] ?? Number.NaN
      if (watermark === Number.NEGATIVE_INFINITY) this.#rewind(batch.source)
      for (const detector of this.#detectors) {
        if (!Number.isNaN(watermark)) detector.advance(watermark)
        detector.observe(batch, view, from, to)
      }
      this.#recent.observe(batch, time, from, to)
    }
    return this.#sender.isEmpty ? batch : this.#send(batch.source).then(() => batch)
  }

  async flush(): Promise<null> {
    if (this.#options.mode.once) {
      this.#time.finish()
      for (const detector of this.#detectors) detector.advance(this.#time.watermark, 0)
      // Each detector has gone through all that was left by itself.
      this.#sender.sort()
    }
    for (const detector of this.#detectors) detector.stop()
    if (this.#options.mode.learning === true) this.#interrupt()
    await this.#send(this.#options.id)
    return null
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel()
    this.#options.state.setAll({ ...this.checkpoint(), ...byKey(this.#recent.snapshot()) })
  }

  /** History was learnt from: what comes next is of another time. */
  #interrupt(): void {
    this.#time = new EventTime()
    for (const detector of this.#detectors) detector.interrupt()
  }

  #host(id: string): HostedDetector {
    const { detectors, conditions } = this.#options
    const type = detectors.resolve(id)
    const { where } = type.config
    return new HostedDetector({
      type,
      condition: typeof where === 'string' ? conditions.compile(where) : undefined,
      send: (alert, isNew) => this.#sender.add(alert, isNew),
      onError: (rule, error) => this.#failed(rule, error),
      explain: (report, question) => this.#explain(report, question),
    })
  }

  #explain(report: AlertReport, question: Question): AlertReport {
    const { id } = this.#options
    const { where } = question
    const known = explained(report, this.#recent, question)
    const condition = where === '' ? '' : ` --where '${where.replaceAll("'", `'\\''`)}'`
    return { ...known, evidence: { ...known.evidence, see: `weir tap ${id}${condition}` } }
  }

  /** A run that reads to the end does not look at the clock: it must not matter how fast it is. */
  #now(): number {
    const { mode, clock } = this.#options
    return mode.once ? 0 : clock.monotonic()
  }

  #rewind(source: string): void {
    this.#options.logger.warn({ source }, 'the records are from long before those so far: the detectors learn anew')
    for (const detector of this.#detectors) detector.rewind()
    this.#recent.clear()
  }

  #follow(): void {
    if (!this.#time.follow(this.#now())) return
    for (const detector of this.#detectors) detector.advance(this.#time.watermark)
    if (!this.#sender.isEmpty) void this.#send(this.#options.id)
  }

  #send(source: string): Promise<void> {
    return this.#sender.send(source, this.#options.clock.now())
  }

  checkpoint(): Checkpoint {
    const detectors: AttributeMap = Object.create(null)
    const learnt: AttributeMap = Object.create(null)
    for (const detector of this.#detectors) {
      try {
        detectors[detector.id] = detector.snapshot()
        learnt[detector.id] = detector.describe()
      } catch (error) {
        this.#failed(detector.id, error)
      }
    }
    const known = { [stateKey]: { version, time: this.#time.snapshot(), detectors }, [learntKey]: learnt }
    return { ...known, ...byKey(this.#recent.changes()) }
  }

  #restore(): void {
    const { logger, mode } = this.#options
    // What is learnt takes the place of what was.
    if (mode.learning === true) return
    const saved = new Saved(this.#stored())
    if (saved.isEmpty) return
    if (saved.number('version', 0) !== version) {
      logger.warn({ version: saved.value('version') ?? null }, 'the detectors’ state is of another version: not used')
      return
    }
    this.#time.restore(saved.value('time'), this.#now())
    this.#restoreRecent()
    for (const [index, detector] of this.#detectors.entries()) {
      const own = saved.child('detectors').child(detector.id)
      if (own.isEmpty) continue
      if (own.value('config') === undefined) {
        logger.warn({ detector: detector.id }, 'the detector’s state could not be used')
        continue
      }
      if (own.text('config') !== detector.configText) {
        logger.info({ detector: detector.id }, 'the detector’s config has changed: it learns anew')
        detector.closeAlerts(own)
        continue
      }
      try {
        detector.restore(own)
      } catch (error) {
        logger.warn({ detector: detector.id, error: messageOf(error) }, 'the detector’s state could not be used')
        this.#replace(index, detector.id)
      }
    }
  }

  #restoreRecent(): void {
    const { state } = this.#options
    const keys = state.keys().filter((key) => key.startsWith(recentPrefix))
    const panes = keys.map((key) => ({ index: Number(key.slice(recentPrefix.length)), key }))
    for (const { index, key } of panes.sort((one, other) => one.index - other.index))
      this.#recent.restore(index, state.get(key))
  }

  #stored(): AttributeValue | undefined {
    try {
      return this.#options.state.get(stateKey)
    } catch (error) {
      this.#options.logger.warn(
        { error: messageOf(error) },
        'the detectors’ state could not be read: starting with none',
      )
      return undefined
    }
  }

  #replace(index: number, id: string): void {
    this.#detectors[index] = this.#host(id)
  }

  #failed(rule: string, error: unknown): void {
    this.#errors.add(1, { detector: rule })
    const count = (this.#errorCounts.get(rule) ?? 0) + 1
    this.#errorCounts.set(rule, count)
    if (count <= maxLoggedErrors)
      this.#options.logger.error(
        { detector: rule, error: messageOf(error) },
        'a detector threw: what it was shown is lost to it',
      )
  }
}

const byKey = (panes: readonly [pane: number, value: AttributeValue][]): Checkpoint =>
  Object.fromEntries(panes.map(([pane, value]) => [`${recentPrefix}${pane}`, value]))
