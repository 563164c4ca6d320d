import {
  type AttributeValue,
  type Detector,
  Duration,
  defineDetector,
  formatDuration,
  type LogBatch,
  Record,
  type Report,
  Severity,
  type Static,
  Type,
} from '@weir/sdk'
import { Panes, Saved } from '@weir/windows'
import { sampleOf } from '../sample.ts'
import { Creep, type Creeping } from '../windows/creep.ts'
import { Episode } from '../windows/episode.ts'
import { ShareBaseline } from '../windows/share-baseline.ts'
import { panesPerWindow, Sliding } from '../windows/sliding.ts'
import { Trail } from '../windows/trail.ts'
import { wilsonInterval } from '../windows/wilson.ts'

const config = Type.Object({
  window: Duration({ description: 'The share of errors is taken over this time.', default: '1m' }),
  min_severity: Type.Integer({
    description: 'A record is an error from this severityNumber on: 17 is ERROR, 13 WARN.',
    default: Severity.ERROR,
    minimum: 1,
    maximum: 24,
  }),
  threshold: Type.Number({
    description: 'How unusual the number of errors must be: signed root of the deviance, read like a z-score.',
    default: 5.5,
    exclusiveMinimum: 0,
  }),
  min_count: Type.Integer({ description: 'Fewest errors in a window that matter.', default: 5, minimum: 1 }),
  min_ratio: Type.Number({ description: 'Smallest rise that matters: 2 is twice the usual.', default: 2, minimum: 1 }),
  warmup: Type.Integer({ description: 'Windows that are only learnt from at first.', default: 10, minimum: 1 }),
  adapt_after: Type.Integer({
    description: 'Windows after which a new share is taken as usual and the alert resolved.',
    default: 60,
    minimum: 1,
  }),
})

type Config = Static<typeof config>
interface Pane {
  records: number
  errors: number
  samples: string[]
}

const maxSamples = 3
/** What has been usual lately, and for long: a share that creeps up takes the first with it. */
const shortMemory = 60
const longMemory = 1440
/** Windows after which the long memory has something to say. */
const longWarmup = 360
/** What creeps is taken as usual so many times later than what has risen at once. */
const patience = 6
const paneKind = {
  create: (): Pane => ({ records: 0, errors: 0, samples: [] }),
  save: (pane: Pane) => ({ ...pane }),
  load: (saved: Saved): Pane => ({
    records: saved.number('records', 0),
    errors: saved.number('errors', 0),
    samples: saved.texts('samples'),
  }),
}

const percent = (share: number) => `${Number((share * 100).toPrecision(share < 0.1 ? 1 : 2))} %`

/** Notices when the share of errors rises. */
class ErrorRateDetector implements Detector {
  readonly #config: Config
  readonly #panes: Panes<Pane>
  readonly #records = new Sliding(panesPerWindow)
  readonly #errors = new Sliding(panesPerWindow)
  readonly #lately = new ShareBaseline(shortMemory)
  readonly #long = new ShareBaseline(longMemory)
  readonly #creep: Creep
  #crept = { windows: 0, share: 0 }
  #panesSince = 0
  readonly #episode: Episode
  #samples: string[] = []
  readonly #trail = new Trail()
  /** It was reported as critical. */
  #isCritical = false
  #enduring = { windows: 0, records: 0, errors: 0 }

  constructor(given: Config) {
    this.#config = given
    this.#episode = new Episode(given.window)
    this.#creep = new Creep(given.min_count)
    this.#panes = new Panes(Math.max(1, Math.round(given.window / panesPerWindow)), paneKind)
  }

  observe(record: Record): void {
    this.#count(record.time, record)
  }

  observeBatch(batch: LogBatch): void {
    const { time, severityNumber, selection, length } = batch
    const least = this.#config.min_severity
    const panes = this.#panes
    let record: Record | undefined
    for (let index = 0; index < length; index++) {
      const row = selection === null ? index : (selection[index] ?? 0)
      const t = time[row] ?? Number.NaN
      if (t >= panes.start && t < panes.end && (severityNumber[row] ?? 0) < least) {
        if (panes.current !== undefined) panes.current.records++
      } else {
        record ??= new Record(batch)
        this.#count(t, record.at(row))
      }
    }
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane, isFirst) => {
      if (!isFirst) this.#judge(end, pane ?? paneKind.create(), report)
    })
  }

  concerns({ severityNumber }: Record): boolean {
    return severityNumber >= this.#config.min_severity
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#records.clear()
    this.#errors.clear()
    this.#trail.clear()
    this.#panesSince = 0
    this.#samples = []
    this.#isCritical = false
    this.#creep.clear()
    this.#episode.interrupt()
  }

  describe(): string | undefined {
    const { windows, share } = this.#lately
    if (windows < this.#config.warmup) return undefined
    return `usually ${percent(share)} errors, from ${windows} windows`
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      records: this.#records.snapshot(),
      errors: this.#errors.snapshot(),
      lately: this.#lately.snapshot(),
      long: this.#long.snapshot(),
      creep: this.#creep.snapshot(),
      crept: { ...this.#crept },
      panesSince: this.#panesSince,
      episode: this.#episode.snapshot(),
      samples: [...this.#samples],
      isCritical: this.#isCritical,
      trail: this.#trail.snapshot(),
      enduring: { ...this.#enduring },
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#records.restore(saved.numbers('records'))
    this.#errors.restore(saved.numbers('errors'))
    this.#lately.restore(saved.value('lately'))
    this.#long.restore(saved.value('long'))
    this.#creep.restore(saved.child('creep'))
    const crept = saved.child('crept')
    this.#crept = { windows: crept.number('windows', 0), share: crept.number('share', 0) }
    this.#panesSince = saved.number('panesSince', 0)
    this.#episode.restore(saved.child('episode'))
    this.#samples = saved.texts('samples')
    this.#isCritical = saved.flag('isCritical')
    this.#trail.restore(saved.numbers('trail'))
    const enduring = saved.child('enduring')
    this.#enduring = {
      windows: enduring.number('windows', 0),
      records: enduring.number('records', 0),
      errors: enduring.number('errors', 0),
    }
  }

  #count(time: number, record: Record): void {
    const pane = this.#panes.at(time)
    if (pane === undefined) return
    pane.records++
    if (record.severityNumber < this.#config.min_severity) return
    pane.errors++
    if (pane.samples.length < maxSamples) pane.samples.push(sampleOf(record))
  }

  #judge(end: number, { records, errors, samples }: Pane, report: Report): void {
    this.#records.push(records)
    this.#errors.push(errors)
    this.#samples = [...this.#samples, ...samples].slice(-maxSamples)
    this.#panesSince++
    if (!this.#records.isFull) return
    this.#trail.push(this.#errors.sum / Math.max(1, this.#records.sum))
    if (this.#lately.windows >= this.#config.warmup) this.#compare(end, report)
    if (this.#panesSince < panesPerWindow) return
    this.#panesSince = 0
    if (this.#episode.isOn) {
      this.#endure(end, report)
      return
    }
    if (this.#long.windows >= longWarmup) this.#follow(end, report)
    // What creeps must not become usual before someone has looked at it.
    if (this.#creep.isOn) return
    this.#lately.learn(this.#errors.sum, this.#records.sum)
    this.#long.learn(this.#errors.sum, this.#records.sum)
  }

  /** What to compare with: the lower of the two, since a share that rises slowly is never far from that of late. */
  get #usual(): ShareBaseline {
    return this.#long.windows >= longWarmup && this.#long.share < this.#lately.share ? this.#long : this.#lately
  }

  #compare(end: number, report: Report): void {
    const { threshold, min_count: least, min_ratio: ratio } = this.#config
    const [errors, records] = [this.#errors.sum, this.#records.sum]
    const share = records === 0 ? 0 : errors / records
    const usual = this.#usual.share
    const deviation = this.#usual.deviation(errors, records)
    if (this.#episode.isOn) {
      const isNews = this.#episode.goOn(end, share)
      const isWorse = this.#episode.isReported && !this.#isCritical && this.#severity === 'critical'
      if (isNews || isWorse) this.#report(end, share, deviation, report)
      if (deviation < threshold / 2 || share < usual * Math.sqrt(ratio)) this.#resolve(end, share, report)
      return
    }
    if (errors < least || deviation < threshold || share < usual * ratio) return
    this.#enduring = { windows: 0, records: 0, errors: 0 }
    this.#panesSince = 0
    this.#isCritical = false
    // Part of what has been rising for some time is no news, unless it is far more.
    if (this.#creep.isOn && share < ratio * this.#crept.share) return
    if (!this.#creep.isOn) this.#creep.clear()
    if (this.#episode.begin(end, share)) this.#report(end, share, deviation, report)
  }

  /** One more window of usual errors, or of a few more than usual: several of these say more than each. */
  #follow(end: number, report: Report): void {
    const wasOn = this.#creep.isOn
    const [errors, records] = [this.#errors.sum, this.#records.sum]
    const creeping = this.#creep.next(end - this.#config.window, errors, records * this.#long.share)
    if (creeping !== undefined) this.#reportCreep(end, creeping, report)
    else if (wasOn && !this.#creep.isOn) this.#resolveCreep(end, 'back to usual', report)
    if (!this.#creep.isOn) return
    const crept = this.#crept
    crept.windows++
    crept.share = Math.max(crept.share, this.#long.share * this.#creep.ratio)
    if (crept.windows < this.#config.adapt_after * patience) return
    this.#lately.relearn(crept.share * crept.windows * records, crept.windows * records, crept.windows)
    this.#long.relearn(crept.share * crept.windows * records, crept.windows * records, crept.windows)
    this.#creep.clear()
    this.#resolveCreep(end, 'taken as usual from now on', report)
  }

  #reportCreep(end: number, { since, ratio }: Creeping, report: Report): void {
    const usual = this.#long.share
    const share = usual * ratio
    this.#crept = { windows: 0, share }
    report({
      title: `error rate ${percent(share)} over ${formatDuration(end - since)} (usually ${percent(usual)})`,
      severity: 'warning',
      time: end,
      key: 'sustained',
      resolves: true,
      ...{ observed: percent(share), expected: percent(usual) },
      evidence: { window: formatDuration(end - since), recent: `${this.#trail}` },
      samples: [...this.#samples],
      windowStart: since,
      windowEnd: end,
    })
  }

  #resolveCreep(end: number, why: string, report: Report): void {
    const title = `error rate ${percent(this.#usual.share)}: ${why}`
    report({ title, severity: 'info', time: end, key: 'sustained', state: 'resolved', resolves: true })
  }

  get #severity(): 'critical' | 'warning' {
    const [errors, records] = [this.#errors.sum, this.#records.sum]
    return errors >= records / 10 && errors >= 2 * this.#config.min_count ? 'critical' : 'warning'
  }

  #report(end: number, share: number, deviation: number, report: Report): void {
    const { window } = this.#config
    const severity = this.#severity
    this.#isCritical = severity === 'critical'
    const [errors, records] = [this.#errors.sum, this.#records.sum]
    const [observed, expected] = [percent(share), percent(this.#usual.share)]
    const { low, high } = wilsonInterval(errors, records)
    const interval = `${percent(low)} to ${percent(high)}`
    report({
      title: `error rate ${observed} (usually ${expected})`,
      severity,
      time: end,
      resolves: true,
      ...{ observed, expected },
      score: Number(deviation.toFixed(1)),
      evidence: { window: formatDuration(window), errors, records, interval, recent: `${this.#trail}` },
      samples: [...this.#samples],
      windowStart: end - window,
      windowEnd: end,
    })
  }

  #endure(end: number, report: Report): void {
    const enduring = this.#enduring
    enduring.windows++
    enduring.records += this.#records.sum
    enduring.errors += this.#errors.sum
    if (enduring.windows < this.#config.adapt_after) return
    this.#lately.relearn(enduring.errors, enduring.records, enduring.windows)
    this.#long.relearn(enduring.errors, enduring.records, enduring.windows)
    this.#resolve(end, this.#usual.share, report, 'taken as usual from now on')
  }

  #resolve(end: number, share: number, report: Report, why = 'back to usual'): void {
    this.#panesSince = 0
    if (!this.#episode.end(end)) return
    const title = `error rate ${percent(share)}: ${why}`
    const figures = { observed: percent(share), expected: percent(this.#usual.share) }
    report({ title, severity: 'info', time: end, state: 'resolved', resolves: true, ...figures })
  }
}

export const errorRate = defineDetector({
  type: 'error_rate',
  description: 'A larger share of errors than usual',
  config,
  create: (context) => new ErrorRateDetector(context.config),
})
