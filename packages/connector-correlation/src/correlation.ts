import {
  type Alert,
  type AttributeMap,
  appendAlert,
  asAlert,
  type Clock,
  type Conditions,
  type Counter,
  type Exporter,
  Layout,
  LogBatch,
  type Logger,
  type Meter,
  messageOf,
  type Output,
  Record,
  type RunMode,
  type State,
  type Timer,
} from '@weir/sdk'
import { EventTime, Saved } from '@weir/windows'
import type { Config } from './config.ts'
import { Flapping } from './flapping.ts'
import { Incidents } from './incidents.ts'
import { Maintenance } from './maintenance.ts'
import { Muting } from './muting.ts'
import { recordOf } from './saved-alert.ts'

/** Version of what stands in the state. */
const version = 1
const stateKey = 'alerts'
/** How often time follows the clock while no alerts come. */
const followMs = 1000
const minuteMs = 60_000
/** Minutes that are gone through one by one after a jump: a week. */
const maxMinutes = 10_080
/** Alerts that are remembered as sent. */
const maxSent = 50_000

export interface CorrelationOptions {
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

/** Decides what becomes of alerts: which are sent, which are one, which need not be said. Time is that of the alerts. */
export class Correlation implements Exporter {
  readonly #options: CorrelationOptions
  readonly #time = new EventTime()
  readonly #severity: readonly { matches: (alert: Alert) => boolean; severity: Alert['severity'] }[]
  readonly #flapping: Flapping
  readonly #muting: Muting
  readonly #incidents: Incidents
  readonly #quiet: Counter
  readonly #layout = new Layout()
  /** Fingerprints of what was sent as firing and has not ended: an end is only news to those who know of the beginning. */
  readonly #sent = new Set<string>()
  /** The last full minute that time has come to. */
  #minute = Number.NEGATIVE_INFINITY
  #waiting: Alert[] = []
  #sending: Promise<void> = Promise.resolve()
  #timer: Timer | undefined

  /** @throws WeirError `WEIR_CONDITION_INVALID` */
  constructor(options: CorrelationOptions) {
    this.#options = options
    const { config, id, meter, conditions } = options
    this.#quiet = meter.counter('weir_connector_correlation_quiet_alerts', {
      description: 'Alerts that were not sent, by reason',
      unit: '{alert}',
    })
    const compile = (condition: string) => {
      const test = conditions.compile(condition)
      return (alert: Alert) => test(recordOf(alert))
    }
    this.#severity = config.severity.map(({ where, severity }) => ({ matches: compile(where), severity }))
    this.#flapping = new Flapping(config.flapping)
    this.#muting = new Muting(
      config.maintenance.map((one) => new Maintenance(one, one.where === undefined ? undefined : compile(one.where))),
      config.inhibit.map(({ source, target, equal }) => ({
        isSource: compile(source),
        isTarget: compile(target),
        equal,
      })),
    )
    this.#incidents = new Incidents({
      ...{ rule: id, config },
      send: (alert) => this.#say(alert),
      mayBeSent: (alert, time) => this.#mayBeSent(alert, time),
    })
  }

  start(): void {
    const { clock, mode } = this.#options
    if (mode.learning !== true) this.#restore()
    if (!mode.once) this.#timer = clock.every(followMs, () => this.#follow())
  }

  async export(batch: LogBatch): Promise<void> {
    if (batch.length === 0) return
    const { starts, watermarks } = this.#time.cut(batch, this.#now(), 0)
    const others: number[] = []
    const record = new Record(batch)
    for (let slice = 0; slice < starts.length; slice++) {
      const watermark = watermarks[slice] ?? Number.NaN
      if (Number.isFinite(watermark)) this.#advance(watermark)
      for (let index = starts[slice] ?? 0; index < (starts[slice + 1] ?? batch.length); index++) {
        const row = batch.rowAt(index)
        const alert = asAlert(record.at(row))
        if (alert === undefined) others.push(row)
        else this.#take(alert)
      }
    }
    await this.#send(others.length === 0 ? undefined : batch.select(Uint32Array.from(others)))
  }

  async flush(): Promise<void> {
    const { mode, config } = this.#options
    // What waits for others has waited for long enough: none will come.
    if (mode.once) this.#incidents.advance(this.#time.latest + config.wait)
    await this.#send()
  }

  stop(): void {
    this.#timer?.cancel()
    if (this.#options.mode.learning !== true) this.#options.state.setAll(this.checkpoint())
  }

  checkpoint(): AttributeMap {
    const known = { muting: this.#muting.snapshot(), flapping: this.#flapping.snapshot(), sent: [...this.#sent] }
    return { [stateKey]: { version, time: this.#time.snapshot(), incidents: this.#incidents.snapshot(), ...known } }
  }

  #take(given: Alert): void {
    const rule = this.#severity.find(({ matches }) => matches(given))
    const alert = this.#flapping.take(rule === undefined ? given : { ...given, severity: rule.severity })
    if (alert === undefined) this.#quiet.add(1, { reason: 'flapping' })
    else this.#pass(alert)
  }

  #pass(alert: Alert): void {
    const reason = this.#muting.take(alert)
    if (reason === undefined) this.#incidents.take(alert)
    else this.#quiet.add(1, { reason })
    if (alert.state === 'resolved') this.#release(alert.time)
  }

  #advance(time: number): void {
    this.#flapping.advance(time, (alert) => this.#pass(alert))
    // A maintenance ends with a minute: what it kept quiet is said as of then, however far time has jumped.
    const first = Math.max(this.#minute, Math.floor(time / minuteMs - maxMinutes) * minuteMs)
    for (let minute = first + minuteMs; minute <= time && this.#muting.isQuiet; minute += minuteMs)
      this.#release(minute)
    this.#minute = Math.floor(time / minuteMs) * minuteMs
    this.#incidents.advance(time)
  }

  #release(time: number): void {
    this.#muting.release(time, (alert) => this.#incidents.take(alert))
  }

  /** Whether an alert that has waited is still to be said: what explains it may have come meanwhile. */
  #mayBeSent(alert: Alert, time: number): boolean {
    const reason = this.#muting.reason(alert, time)
    if (reason === undefined) return true
    this.#muting.hold(alert)
    this.#quiet.add(1, { reason })
    return false
  }

  #say(alert: Alert): void {
    if (alert.state === 'resolved') {
      if (!this.#sent.delete(alert.fingerprint)) return
    } else {
      const [oldest] = this.#sent
      if (this.#sent.size >= maxSent && oldest !== undefined) this.#sent.delete(oldest)
      this.#sent.add(alert.fingerprint)
    }
    this.#waiting.push(alert)
  }

  /** A run that reads to the end does not look at the clock: it must not matter how fast it is. */
  #now(): number {
    const { mode, clock } = this.#options
    return mode.once ? 0 : clock.monotonic()
  }

  #follow(): void {
    if (!this.#time.follow(this.#now())) return
    this.#advance(this.#time.watermark)
    void this.#send()
  }

  /** Sends what has been gathered; resolves when there was room for it. */
  #send(others?: LogBatch): Promise<void> {
    const alerts = this.#waiting
    this.#waiting = []
    if (alerts.length > 0 || others !== undefined)
      this.#sending = this.#sending.then(() => this.#sendAlerts(alerts, others))
    return this.#sending
  }

  async #sendAlerts(alerts: readonly Alert[], others: LogBatch | undefined): Promise<void> {
    const { id, output, clock, logger } = this.#options
    try {
      if (others !== undefined) await output.send(others)
      if (alerts.length === 0) return
      const batch = new LogBatch({
        ...{ signal: 'alerts', source: id, observedTime: clock.now(), layout: this.#layout, capacity: alerts.length },
        scope: { name: '@weir/connector-correlation' },
      })
      for (const alert of alerts) appendAlert(batch, alert)
      await output.send(batch)
    } catch (error) {
      logger.error({ alerts: alerts.length, error: messageOf(error) }, 'alerts could not be sent')
    }
  }

  #restore(): void {
    const { state, logger } = this.#options
    const saved = new Saved(state.get(stateKey))
    if (saved.isEmpty) return
    if (saved.number('version', 0) !== version) {
      logger.warn({ version: saved.value('version') ?? null }, 'the alerts’ state is of another version: not used')
      return
    }
    this.#time.restore(saved.value('time'), this.#now())
    this.#minute = Math.floor(this.#time.watermark / minuteMs) * minuteMs
    this.#muting.restore(saved.child('muting'))
    this.#flapping.restore(saved.children('flapping'))
    this.#incidents.restore(saved.children('incidents'))
    for (const fingerprint of saved.texts('sent')) this.#sent.add(fingerprint)
  }
}
