import {
  type AttributeValue,
  type Detector,
  Duration,
  defineDetector,
  formatDuration,
  type LogBatch,
  OneOf,
  type Record,
  type Report,
  type Static,
  Type,
} from '@weir/sdk'
import { Panes, Saved } from '@weir/windows'
import { Baseline } from '../windows/baseline.ts'
import { Creep, type Creeping } from '../windows/creep.ts'
import { Episode } from '../windows/episode.ts'
import { Hourly } from '../windows/hourly.ts'
import { panesPerWindow, Sliding } from '../windows/sliding.ts'
import { Trail } from '../windows/trail.ts'

const config = Type.Object({
  window: Duration({ description: 'Records are counted over this time.', default: '1m' }),
  direction: OneOf(['both', 'spike', 'drop'], { description: 'Which deviations are reported.', default: 'both' }),
  threshold: Type.Number({
    description: 'How unusual a count must be: robust z-score, in units of the usual spread.',
    default: 6,
    exclusiveMinimum: 0,
  }),
  min_change: Type.Number({
    description: 'Smallest change that matters, as a share of the usual count: 0.5 is 50 %.',
    default: 0.5,
    minimum: 0,
  }),
  min_count: Type.Integer({
    description: 'Smallest difference in records that matters; keeps quiet logs from raising alerts.',
    default: 20,
    minimum: 1,
  }),
  warmup: Type.Integer({ description: 'Windows that are only learnt from at first.', default: 10, minimum: 2 }),
  adapt_after: Type.Integer({
    description: 'Windows after which a new level is taken as usual and the alert resolved.',
    default: 60,
    minimum: 1,
  }),
})

type Config = Static<typeof config>
type Side = 'spike' | 'drop'
interface Pane {
  count: number
}

/** What creeps is taken as usual so many times later than what has risen at once. */
const patience = 6

const paneKind = {
  create: (): Pane => ({ count: 0 }),
  save: (pane: Pane) => ({ count: pane.count }),
  load: (saved: Saved): Pane => ({ count: saved.number('count', 0) }),
}

/** Counts have a spread that grows with their size; on this scale it is 1 whatever the size (Anscombe 1948). */
const stabilized = (count: number) => 2 * Math.sqrt(count + 3 / 8)
const destabilized = (value: number) => Math.max(0, (value / 2) ** 2 - 3 / 8)
const rounded = (count: number) => (count < 10 ? Number(count.toFixed(1)) : Math.round(count))

/** Notices when far more or far fewer records come than usual. */
class RateDetector implements Detector {
  readonly #config: Config
  readonly #panes: Panes<Pane>
  readonly #window = new Sliding(panesPerWindow)
  readonly #trail = new Trail()
  readonly #baseline = new Baseline(1)
  /** What is usual at this time of the day, for what rises too slowly to be far from what was usual lately. */
  readonly #hourly = new Hourly()
  readonly #creep: Creep
  /** For how many windows it has been creeping, and to what count. */
  #crept = { windows: 0, count: 0 }
  /** Panes since the baseline learnt: it learns from windows that do not overlap. */
  #panesSince = 0
  readonly #episodes: { readonly [side in Side]: Episode }
  /** It was reported that nothing comes any more. */
  #isSilent = false
  /** Windows seen while firing. */
  #unusual: number[] = []

  constructor(given: Config) {
    this.#config = given
    this.#episodes = { spike: new Episode(given.window), drop: new Episode(given.window) }
    this.#creep = new Creep(given.min_count)
    this.#panes = new Panes(Math.max(1, Math.round(given.window / panesPerWindow)), paneKind)
  }

  observe(record: Record): void {
    this.#count(record.time)
  }

  observeBatch({ time, selection, length }: LogBatch): void {
    const panes = this.#panes
    for (let index = 0; index < length; index++) {
      const t = time[selection === null ? index : (selection[index] ?? 0)] ?? Number.NaN
      if (!(t >= panes.start && t < panes.end)) this.#count(t)
      else if (panes.current !== undefined) panes.current.count++
    }
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane, isFirst) => {
      if (!isFirst) this.#judge(end, pane?.count ?? 0, report)
    })
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#window.clear()
    this.#panesSince = 0
    this.#isSilent = false
    this.#unusual = []
    this.#trail.clear()
    this.#creep.clear()
    for (const episode of Object.values(this.#episodes)) episode.interrupt()
  }

  describe(): string | undefined {
    const { count, level } = this.#baseline
    if (count < this.#config.warmup) return undefined
    return `usually ${this.#words(rounded(destabilized(level)))} (${this.#range()}), from ${count} windows`
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      window: this.#window.snapshot(),
      baseline: this.#baseline.snapshot(),
      panesSince: this.#panesSince,
      spike: this.#episodes.spike.snapshot(),
      drop: this.#episodes.drop.snapshot(),
      isSilent: this.#isSilent,
      unusual: [...this.#unusual],
      trail: this.#trail.snapshot(),
      hourly: this.#hourly.snapshot(),
      creep: this.#creep.snapshot(),
      crept: { ...this.#crept },
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#window.restore(saved.numbers('window'))
    this.#baseline.restore(saved.value('baseline'))
    this.#panesSince = saved.number('panesSince', 0)
    this.#episodes.spike.restore(saved.child('spike'))
    this.#episodes.drop.restore(saved.child('drop'))
    this.#isSilent = saved.flag('isSilent')
    this.#unusual = saved.numbers('unusual')
    this.#trail.restore(saved.numbers('trail'))
    this.#hourly.restore(saved.child('hourly'))
    this.#creep.restore(saved.child('creep'))
    const crept = saved.child('crept')
    this.#crept = { windows: crept.number('windows', 0), count: crept.number('count', 0) }
  }

  /** What is going on, reported or not. */
  get #side(): Side | undefined {
    if (this.#episodes.spike.isOn) return 'spike'
    return this.#episodes.drop.isOn ? 'drop' : undefined
  }

  #count(time: number): void {
    const pane = this.#panes.at(time)
    if (pane !== undefined) pane.count++
  }

  #judge(end: number, paneCount: number, report: Report): void {
    this.#window.push(paneCount)
    this.#panesSince++
    if (!this.#window.isFull) return
    const count = this.#window.sum
    this.#trail.push(count)
    const value = stabilized(count)
    const isWhole = this.#panesSince >= panesPerWindow
    if (this.#baseline.count >= this.#config.warmup) this.#compare(end, count, value, report)
    if (!isWhole) return
    this.#panesSince = 0
    if (this.#side === undefined) {
      this.#follow(end, count, report)
      // What creeps must not become usual before someone has looked at it.
      if (!this.#creep.isOn) this.#baseline.learn(value)
    } else this.#endure(end, value, report)
  }

  /** One more usual window: several that are a little more than usual say more than each. */
  #follow(end: number, count: number, report: Report): void {
    const { window, direction, adapt_after: adaptAfter } = this.#config
    const start = end - window
    const usual = this.#hourly.usual(start)
    const wasOn = this.#creep.isOn
    if (!Number.isNaN(usual) && direction !== 'drop') {
      const creeping = this.#creep.next(start, count, usual)
      if (creeping !== undefined) this.#reportCreep(end, usual, creeping, report)
    }
    if (this.#creep.isOn) {
      this.#crept.windows++
      this.#crept.count = Math.max(this.#crept.count, usual * this.#creep.ratio)
      if (this.#crept.windows < adaptAfter * patience) return
      this.#creep.clear()
      this.#baseline.relearn([stabilized(count)])
    }
    this.#hourly.learn(start, count)
    if (wasOn && !this.#creep.isOn) this.#resolveCreep(end, count, report)
  }

  #reportCreep(end: number, usual: number, { since, ratio }: Creeping, report: Report): void {
    const { window } = this.#config
    this.#crept = { windows: 0, count: usual * ratio }
    const [observed, expected] = [rounded(usual * ratio), rounded(usual)]
    report({
      title: `rate has risen to ${this.#words(observed)} over ${formatDuration(end - since)} (at this hour up to ${expected})`,
      severity: 'warning',
      time: end,
      key: 'sustained',
      resolves: true,
      ...{ observed, expected },
      evidence: { window: formatDuration(window), recent: `${this.#trail}` },
      windowStart: since,
      windowEnd: end,
    })
  }

  #resolveCreep(end: number, count: number, report: Report): void {
    const title = `rate back to usual: ${this.#words(count)}`
    report({ title, severity: 'info', time: end, key: 'sustained', state: 'resolved', resolves: true, observed: count })
  }

  #compare(end: number, count: number, value: number, report: Report): void {
    const { threshold, min_change: change, min_count: least, direction } = this.#config
    const z = this.#baseline.z(value)
    const expected = destabilized(this.#baseline.level)
    const side = this.#side
    if (side !== undefined) {
      const isSilence = side === 'drop' && count === 0 && !this.#isSilent
      const isNews = this.#episodes[side].goOn(end, Math.abs(count - expected))
      if (isNews || (isSilence && this.#episodes[side].isReported)) this.#report(side, end, count, report)
      const isOver =
        side === 'spike'
          ? z < threshold / 2 || count < expected * (1 + change / 2)
          : z > -threshold / 2 || count > expected * (1 - change / 2)
      if (isOver) this.#resolve(side, end, `rate back to usual: ${this.#words(count)}`, report)
      return
    }
    // Part of what has been rising for some time is no news, unless it is far more.
    const isPart = this.#creep.isOn && count < this.#crept.count * (1 + change)
    const isSpike = !isPart && z > threshold && count - expected >= least && count >= expected * (1 + change)
    const isDrop = z < -threshold && expected - count >= least && count <= expected * (1 - change)
    if (isSpike && direction !== 'drop') this.#begin('spike', end, count, report)
    if (isDrop && direction !== 'spike') this.#begin('drop', end, count, report)
  }

  #begin(side: Side, end: number, count: number, report: Report): void {
    this.#unusual = []
    this.#panesSince = 0
    const size = Math.abs(count - destabilized(this.#baseline.level))
    if (this.#episodes[side].begin(end, size)) this.#report(side, end, count, report)
  }

  #report(side: Side, end: number, count: number, report: Report): void {
    const z = this.#baseline.z(stabilized(count))
    const expected = rounded(destabilized(this.#baseline.level))
    this.#isSilent = count === 0
    report({
      title: `rate ${side === 'spike' ? 'rose' : 'fell'} to ${this.#words(count)} (usually ${expected})`,
      severity: this.#isSilent ? 'critical' : 'warning',
      time: end,
      key: side,
      resolves: true,
      observed: count,
      expected,
      score: Number(Math.abs(z).toFixed(1)),
      evidence: {
        window: formatDuration(this.#config.window),
        z: Number(z.toFixed(1)),
        usual: this.#range(),
        recent: `${this.#trail}`,
      },
      windowStart: end - this.#config.window,
      windowEnd: end,
    })
  }

  /** A whole window has passed while firing: what stays long enough is the new usual. */
  #endure(end: number, value: number, report: Report): void {
    this.#unusual.push(value)
    if (this.#unusual.length < this.#config.adapt_after) return
    const values = this.#unusual
    const title = `rate stays at ${this.#words(this.#window.sum)}: taken as usual from now on`
    if (this.#side !== undefined) this.#resolve(this.#side, end, title, report)
    this.#baseline.relearn(values)
  }

  #resolve(side: Side, end: number, title: string, report: Report): void {
    this.#unusual = []
    this.#panesSince = 0
    if (!this.#episodes[side].end(end)) return
    const expected = rounded(destabilized(this.#baseline.level))
    const observed = this.#window.sum
    report({ title, severity: 'info', time: end, key: side, state: 'resolved', resolves: true, observed, expected })
  }

  #words(count: number): string {
    return `${count} records in ${formatDuration(this.#config.window)}`
  }

  /** The counts that would have been usual. */
  #range(): string {
    const { level, spread } = this.#baseline
    return `${Math.floor(destabilized(Math.max(0, level - 2 * spread)))} to ${Math.ceil(destabilized(level + 2 * spread))}`
  }
}

export const rate = defineDetector({
  type: 'rate',
  description: 'Far more or far fewer records than usual',
  config,
  create: (context) => new RateDetector(context.config),
})
