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
  Record,
  type Report,
  type Static,
  Type,
  textOf,
} from '@weir/sdk'
import { bucketOf, Panes, Saved } from '@weir/windows'
import { fieldName } from '../field-name.ts'
import { Baseline } from '../windows/baseline.ts'
import { Episode } from '../windows/episode.ts'
import { type Category, CategoryCounts, quantileOf, type Shift, UsualShares } from '../windows/shares.ts'

const config = Type.Object({
  field: FieldPath({
    description:
      'Field whose values are compared: words as they are, numbers by the tenths of what is usual (integers below 1000 as codes).',
  }),
  window: Duration({ description: 'Values are counted over this time.', default: '10m' }),
  threshold: Type.Number({
    description: 'How unusual a shift must be: robust z-score of the Jensen–Shannon distance.',
    default: 6,
    exclusiveMinimum: 0,
  }),
  min_distance: Type.Number({
    description: 'Smallest distance that matters: 0 the same, 1 nothing in common.',
    default: 0.15,
    minimum: 0,
    maximum: 1,
  }),
  min_records: Type.Integer({
    description: 'Fewest values in a window for it to be compared.',
    default: 100,
    minimum: 1,
  }),
  warmup: Type.Integer({ description: 'Windows that are only learnt from at first.', default: 6, minimum: 2 }),
  adapt_after: Type.Integer({
    description: 'Windows after which a new distribution is taken as usual and the alert resolved.',
    default: 6,
    minimum: 1,
  }),
})

type Config = Static<typeof config>

/** Categories that an alert names. */
const shown = 3
/** Least spread of the distances: they are never quite the same. */
const leastSpread = 0.02

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

/** Integers below this are taken for codes, such as a status. */
const leastSize = 1000

/** Numbers by their size, to 2 %, so that a slower service is another distribution. */
function categoryOf(value: AttributeValue | undefined): Category {
  if (typeof value !== 'number') return textOf(value)
  const isCode = Number.isInteger(value) && Math.abs(value) < leastSize
  return isCode || !Number.isFinite(value) ? String(value) : bucketOf(value)
}

const rounded = (size: number): number => Number(size.toPrecision(3))

/** Notices when the values of a field are shared out in another way than usual. */
class DistributionDetector implements Detector {
  readonly #config: Config
  readonly #read: FieldReader
  readonly #panes: Panes<CategoryCounts>
  readonly #usual = new UsualShares()
  readonly #distances = new Baseline(leastSpread)
  readonly #episode: Episode
  /** Windows seen while it is unusual. */
  #unusual = 0

  constructor(given: Config) {
    this.#config = given
    this.#read = fieldReader(given.field)
    this.#episode = new Episode(given.window)
    this.#panes = new Panes(given.window, {
      create: () => new CategoryCounts(),
      save: (pane) => ({ counts: pane.snapshot() }),
      load: (saved) => CategoryCounts.from(saved.children('counts')),
    })
  }

  observe(record: Record): void {
    const category = categoryOf(this.#read(record))
    if (category === '') return
    const { time } = record
    const panes = this.#panes
    const pane = time >= panes.start && time < panes.end ? panes.current : panes.at(time)
    pane?.add(category)
  }

  observeBatch(batch: LogBatch): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)))
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane) => {
      if (pane !== undefined && pane.total >= this.#config.min_records) this.#judge(end, pane, report)
    })
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#unusual = 0
    this.#episode.interrupt()
  }

  describe(): string | undefined {
    if (this.#distances.count < this.#config.warmup) return undefined
    const words = this.#usual.largest(shown).map(({ category, share }) => `${category} ${percent(share)}`)
    const median = this.#usual.quantile(0.5)
    if (!Number.isNaN(median))
      words.push(`half of its sizes up to ${rounded(median)}, 95 % up to ${rounded(this.#usual.quantile(0.95))}`)
    return `${fieldName(this.#config.field)} is usually ${words.join(', ')}, from ${this.#distances.count} windows`
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      usual: this.#usual.snapshot(),
      distances: this.#distances.snapshot(),
      episode: this.#episode.snapshot(),
      unusual: this.#unusual,
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#usual.restore(saved.children('usual'))
    this.#distances.restore(saved.value('distances'))
    this.#episode.restore(saved.child('episode'))
    this.#unusual = saved.number('unusual', 0)
  }

  #judge(end: number, pane: CategoryCounts, report: Report): void {
    if (this.#usual.isEmpty) {
      this.#usual.learn(pane)
      return
    }
    const { threshold, min_distance: least, warmup, adapt_after: adaptAfter } = this.#config
    const { distance, shifts } = this.#usual.distance(pane)
    const isWarm = this.#distances.count >= warmup
    if (!isWarm || distance < least || this.#distances.z(distance) < threshold) {
      if (this.#episode.isOn) this.#resolve(end, 'usual again', report)
      this.#usual.learn(pane)
      this.#distances.learn(distance)
      return
    }
    const isNews = this.#episode.isOn ? this.#episode.goOn(end, distance) : this.#episode.begin(end, distance)
    if (isNews) this.#report(end, distance, shifts, pane, report)
    if (++this.#unusual < adaptAfter) return
    this.#resolve(end, 'taken as usual from now on', report)
    this.#usual.forget()
    this.#usual.learn(pane)
  }

  #report(end: number, distance: number, shifts: readonly Shift[], pane: CategoryCounts, report: Report): void {
    const { field, window } = this.#config
    const words = shifts
      .slice(0, shown)
      .map(({ category, share, usual }) => `${category} ${percent(share)} (usually ${percent(usual)})`)
    report({
      title: `${fieldName(field)} is shared out differently: ${words[0] ?? ''}`,
      severity: 'warning',
      time: end,
      resolves: true,
      evidence: {
        window: formatDuration(window),
        distance: Number(distance.toFixed(3)),
        usual_distance: Number(this.#distances.level.toFixed(3)),
        shifts: words,
        ...this.#sizes(pane),
      },
      windowStart: end - window,
      windowEnd: end,
    })
  }

  /** Where the sizes of a window lie, and where they usually do. */
  #sizes({ counts }: CategoryCounts): { readonly [name: string]: number } {
    const median = quantileOf(counts, 0.5)
    const usual = this.#usual.quantile(0.5)
    if (Number.isNaN(median) || Number.isNaN(usual)) return {}
    return {
      median: rounded(median),
      usual_median: rounded(usual),
      p95: rounded(quantileOf(counts, 0.95)),
      usual_p95: rounded(this.#usual.quantile(0.95)),
    }
  }

  #resolve(end: number, words: string, report: Report): void {
    this.#unusual = 0
    if (!this.#episode.end(end)) return
    const title = `${fieldName(this.#config.field)} is shared out differently: ${words}`
    report({ title, severity: 'info', time: end, state: 'resolved', resolves: true })
  }
}

export const distribution = defineDetector({
  type: 'distribution',
  description: 'The values of a field are shared out in another way than usual',
  config,
  create: (context) => new DistributionDetector(context.config),
})
