import { Buffer } from 'node:buffer'
import { endpointUrl, HttpClient } from '@weir/http-client'
import {
  type Clock,
  type Exporter,
  isoTime,
  type LogBatch,
  type Logger,
  messageOf,
  noticeOf,
  type RunMode,
  type State,
  type Timer,
} from '@weir/sdk'
import { type ActiveAlert, ActiveAlerts } from './active-alerts.ts'
import type { AlertmanagerConfig } from './config.ts'
import { annotationsOf, type Labels, labelsOf, type PostedAlert } from './posted-alert.ts'

export interface AlertmanagerExporterOptions {
  config: AlertmanagerConfig
  mode: RunMode
  clock: Clock
  state: State
  logger: Logger
}

/** Intervals after which an alert that is not sent again ends. */
const intervalsAlive = 4

/** Sends alerts to the Alertmanager, and those that fire again and again. */
export class AlertmanagerExporter implements Exporter {
  readonly #config: AlertmanagerConfig
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #active: ActiveAlerts
  readonly #url: URL
  readonly #client: HttpClient
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  /** Settles when nothing is being sent: an end must not be overtaken by what was sent before it. */
  #lastTurn: Promise<void> = Promise.resolve()
  #isResending = false

  constructor({ config, mode, clock, state, logger }: AlertmanagerExporterOptions) {
    this.#config = config
    this.#clock = clock
    this.#logger = logger
    this.#active = new ActiveAlerts(state)
    const base = endpointUrl(config.endpoint, 'endpoint')
    this.#url = new URL('api/v2/alerts', base.href.endsWith('/') ? base : `${base.href}/`)
    this.#client = new HttpClient({ config, clock, baseDir: mode.baseDir })
  }

  async start(): Promise<void> {
    await this.#client.start()
    if (this.#stopping.signal.aborted) return
    this.#timer = this.#clock.every(this.#config.resend_interval, () => {
      if (this.#isResending) return
      this.#isResending = true
      void this.#inTurn(() => this.#resend())
    })
  }

  async export(batch: LogBatch, { abortSignal }: { readonly abortSignal: AbortSignal }): Promise<void> {
    await until(
      this.#inTurn(() => this.#export(batch, abortSignal)),
      abortSignal,
    )
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#stopping.abort(new Error('stopped'))
    await this.#lastTurn
    await this.#client.stop()
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#lastTurn.then(task)
    this.#lastTurn = turn.catch(() => {})
    return turn
  }

  async #export(batch: LogBatch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const posted: PostedAlert[] = []
    const changes = new Map<string, ActiveAlert | undefined>()
    for (const record of batch) {
      const notice = noticeOf(record)
      const { alert } = notice
      const now = this.#clock.now()
      const labels = labelsOf(notice, this.#config.labels)
      const annotations = annotationsOf(notice)
      const fingerprint = alert?.fingerprint ?? ''
      const known = changes.has(fingerprint) ? changes.get(fingerprint) : this.#active.get(fingerprint)
      if (alert === undefined || fingerprint === '') {
        posted.push(this.#posted({ labels, annotations }, Number.isNaN(notice.time) ? now : notice.time))
      } else if (notice.isResolved) {
        // Its labels are those with which it began, or it would be another's end.
        posted.push(this.#posted({ labels: known?.labels ?? labels, annotations }, alert.startedAt, alert.time))
        changes.set(fingerprint, undefined)
      } else {
        if (known !== undefined && !areSame(known.labels, labels)) posted.push(this.#posted(known, known.startsAt, now))
        posted.push(this.#posted({ labels, annotations }, alert.startedAt))
        changes.set(fingerprint, { labels, annotations, startsAt: alert.startedAt, reportedAt: now })
      }
    }
    if (posted.length > 0) await this.#post(posted, signal)
    this.#active.change(changes)
  }

  /** Sends what fires again. What fails is sent at the next turn, long before it would end there. */
  async #resend(): Promise<void> {
    try {
      const active = this.#active.since(this.#clock.now() - this.#config.forget_after)
      const posted = active.map((alert) => this.#posted(alert, alert.startsAt))
      if (posted.length > 0) await this.#post(posted, this.#stopping.signal)
    } catch (error) {
      const isOver = this.#stopping.signal.aborted
      if (!isOver) this.#logger.warn({ reason: messageOf(error) }, 'firing alerts could not be sent again')
    } finally {
      this.#isResending = false
    }
  }

  #posted(
    { labels, annotations }: { readonly labels: Labels; readonly annotations: Labels },
    started: number,
    ended?: number,
  ): PostedAlert {
    const now = this.#clock.now()
    // An end that lies ahead, by a clock of the source that is fast, is none yet.
    const endsAt = ended === undefined ? now + intervalsAlive * this.#config.resend_interval : Math.min(ended, now)
    const startsAt = Math.min(started, endsAt)
    const url = this.#config.generator_url
    return {
      labels,
      annotations,
      startsAt: isoTime(startsAt) ?? isoTime(now) ?? '',
      endsAt: isoTime(endsAt) ?? isoTime(now) ?? '',
      ...(url === undefined ? {} : { generatorURL: url }),
    }
  }

  async #post(alerts: readonly PostedAlert[], signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    await this.#client.send({ url: this.#url, headers, body: Buffer.from(JSON.stringify(alerts)), signal })
  }
}

const areSame = (one: Labels, other: Labels): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value)

/** Waits for a promise, or until the signal aborts. @throws the reason of the signal */
async function until(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
