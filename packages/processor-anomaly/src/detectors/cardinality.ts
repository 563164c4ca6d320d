import {
  type AttributeValue,
  type Detector,
  Duration,
  defineDetector,
  FieldPath,
  type FieldReader,
  fieldReader,
  formatDuration,
  type LogBatch,
  OneOf,
  Record,
  type Report,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { DistinctSketch, Panes, Saved } from '@weir/windows'
import { fieldName } from '../field-name.ts'
import { sampleOf } from '../sample.ts'
import { Baseline } from '../windows/baseline.ts'
import { Episode } from '../windows/episode.ts'
import { Trail } from '../windows/trail.ts'

const config = Type.Object({
  field: FieldPath({ description: 'Field whose different values are counted, such as `attributes.client.address`.' }),
  window: Duration({ description: 'Values are counted over this time.', default: '5m' }),
  direction: OneOf(['both', 'spike', 'drop'], { description: 'Which deviations are reported.', default: 'spike' }),
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
  min_count: Type.Integer({ description: 'Smallest difference in values that matters.', default: 20, minimum: 1 }),
  warmup: Type.Integer({ description: 'Windows that are only learnt from at first.', default: 10, minimum: 2 }),
  adapt_after: Type.Integer({
    description: 'Windows after which a new level is taken as usual and the alert resolved.',
    default: 12,
    minimum: 1,
  }),
})

type Config = Static<typeof config>
type Side = 'spike' | 'drop'

interface Pane {
  readonly values: DistinctSketch
  sample: string
}

const paneKind = {
  create: (): Pane => ({ values: new DistinctSketch(), sample: '' }),
  save: ({ values, sample }: Pane): AttributeValue => ({ values: values.snapshot(), sample }),
  load: (saved: Saved): Pane => ({ values: DistinctSketch.from(saved.text('values')), sample: saved.text('sample') }),
}

/** Counts have a spread that grows with their size; on this scale it is 1 whatever the size (Anscombe 1948). */
const stabilized = (count: number) => 2 * Math.sqrt(count + 3 / 8)
const destabilized = (value: number) => Math.max(0, (value / 2) ** 2 - 3 / 8)

/** Notices when far more or far fewer different values come than usual: new users, addresses, sessions. */
class CardinalityDetector implements Detector {
  readonly #config: Config
  readonly #read: FieldReader
  readonly #panes: Panes<Pane>
  readonly #baseline = new Baseline(1)
  readonly #episodes: { readonly [side in Side]: Episode }
  #unusual: number[] = []
  readonly #trail = new Trail()

  constructor(given: Config) {
    this.#config = given
    this.#read = fieldReader(given.field)
    this.#panes = new Panes(given.window, paneKind)
    this.#episodes = { spike: new Episode(given.window), drop: new Episode(given.window) }
  }

  observe(record: Record): void {
    const text = textOf(this.#read(record))
    if (text === '') return
    const { time } = record
    const panes = this.#panes
    const pane = time >= panes.start && time < panes.end ? panes.current : panes.at(time)
    if (pane === undefined) return
    pane.values.add(text)
    if (pane.sample === '') pane.sample = sampleOf(record)
  }

  observeBatch(batch: LogBatch): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)))
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane, isFirst) => {
      if (!isFirst) this.#judge(end, pane?.values.count ?? 0, pane?.sample ?? '', report)
    })
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#trail.clear()
    this.#unusual = []
    for (const episode of Object.values(this.#episodes)) episode.interrupt()
  }

  describe(): string | undefined {
    const { count, level } = this.#baseline
    if (count < this.#config.warmup) return undefined
    const { field, window } = this.#config
    return `usually ${Math.round(destabilized(level))} different values of ${fieldName(field)} in ${formatDuration(window)}, from ${count} windows`
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      baseline: this.#baseline.snapshot(),
      spike: this.#episodes.spike.snapshot(),
      drop: this.#episodes.drop.snapshot(),
      unusual: [...this.#unusual],
      trail: this.#trail.snapshot(),
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#baseline.restore(saved.value('baseline'))
    this.#episodes.spike.restore(saved.child('spike'))
    this.#episodes.drop.restore(saved.child('drop'))
    this.#unusual = saved.numbers('unusual')
    this.#trail.restore(saved.numbers('trail'))
  }

  /** What is going on, reported or not. */
  get #side(): Side | undefined {
    if (this.#episodes.spike.isOn) return 'spike'
    return this.#episodes.drop.isOn ? 'drop' : undefined
  }

  #judge(end: number, count: number, sample: string, report: Report): void {
    const value = stabilized(count)
    this.#trail.push(count)
    const expected = destabilized(this.#baseline.level)
    const before = this.#side
    const side = this.#baseline.count < this.#config.warmup ? undefined : this.#sideOf(count, value, expected)
    if (before !== undefined && before !== side) this.#resolve(before, end, count, report)
    if (side === undefined) {
      this.#baseline.learn(value)
      return
    }
    const episode = this.#episodes[side]
    const size = Math.abs(count - expected)
    const isNews = before === side ? episode.goOn(end, size) : episode.begin(end, size)
    if (isNews) this.#report(side, end, count, sample, report)
    this.#unusual.push(value)
    if (this.#unusual.length < this.#config.adapt_after) return
    const values = this.#unusual
    this.#resolve(side, end, count, report)
    this.#baseline.relearn(values)
  }

  #sideOf(count: number, value: number, expected: number): Side | undefined {
    const { threshold, min_change: change, min_count: least, direction } = this.#config
    const z = this.#baseline.z(value)
    if (Math.abs(z) < threshold || Math.abs(count - expected) < least) return undefined
    if (z > 0) return direction !== 'drop' && count >= expected * (1 + change) ? 'spike' : undefined
    return direction !== 'spike' && count <= expected * (1 - change) ? 'drop' : undefined
  }

  #report(side: Side, end: number, count: number, sample: string, report: Report): void {
    const { field, window } = this.#config
    const expected = Math.round(destabilized(this.#baseline.level))
    report({
      title: `${count} different values of ${fieldName(field)} in ${formatDuration(window)} (usually ${expected})`,
      severity: 'warning',
      time: end,
      key: side,
      resolves: true,
      observed: count,
      expected,
      evidence: {
        window: formatDuration(window),
        z: Number(this.#baseline.z(stabilized(count)).toFixed(1)),
        recent: `${this.#trail}`,
      },
      ...(sample === '' ? {} : { samples: [sample] }),
      windowStart: end - window,
      windowEnd: end,
    })
  }

  #resolve(side: Side, end: number, count: number, report: Report): void {
    this.#unusual = []
    if (!this.#episodes[side].end(end)) return
    const title = `${count} different values of ${fieldName(this.#config.field)}: usual again`
    report({ title, severity: 'info', time: end, key: side, state: 'resolved', resolves: true, observed: count })
  }
}

export const cardinality = defineDetector({
  type: 'cardinality',
  description: 'Far more or far fewer different values of a field than usual',
  config,
  create: (context) => new CardinalityDetector(context.config),
})
