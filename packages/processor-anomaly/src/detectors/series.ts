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
  WeirError,
} from '@weir/sdk'
import { type Aggregate, aggregates, Panes, Saved, Summary } from '@weir/windows'
import { fieldName } from '../field-name.ts'
import { CounterIncrease } from '../series/counter-increase.ts'
import { Peaks } from '../series/peaks.ts'
import { SeriesScorer } from '../series/series-scorer.ts'
import { sparkline } from '../series/sparkline.ts'

const config = Type.Object({
  field: Type.Optional(FieldPath({ description: 'Numeric field. Left out, records themselves are counted.' })),
  aggregate: Type.Optional(
    OneOf(aggregates, {
      description:
        'Which figure of the values of an interval is a point; left out: `count` without a field, `sum` of a counter, else `mean`.',
    }),
  ),
  quantile: Type.Number({
    description: 'Which quantile, for `aggregate: quantile`.',
    default: 0.95,
    minimum: 0,
    maximum: 1,
  }),
  counter: Type.Boolean({
    description: 'The field is a counter that only rises: its increase is looked at. A fall is a restart from zero.',
    default: false,
  }),
  interval: Duration({ description: 'Time between the points of the series.', default: '5m' }),
  threshold: Type.Number({
    description: 'How unusual a point must be: 1 minus the geometric mean of the p-values that the experts give it.',
    default: 0.95,
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
  }),
  min_change: Type.Number({
    description: 'Smallest difference from the usual value that matters, in the unit of the points.',
    default: 0,
    minimum: 0,
  }),
  refractory: Type.Integer({
    description: 'Points after a report in which only what is still more unusual is reported.',
    default: 200,
    minimum: 0,
  }),
  warmup: Type.Integer({ description: 'Points that are only learnt from at first.', default: 100, minimum: 0 }),
})

type Config = Static<typeof config>

/** Points that the sparkline of an alert shows. */
const shown = 32

const numberOf = (value: AttributeValue | undefined): number => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}
const rounded = (figure: number) => Number(figure.toPrecision(4))

const aggregateOf = ({ aggregate, field, counter }: Config): Aggregate =>
  aggregate ?? (field === undefined ? 'count' : counter ? 'sum' : 'mean')

/** @throws WeirError `WEIR_DETECTOR_CONFIG` */
function check(given: Config): void {
  const aggregate = aggregateOf(given)
  if (given.field !== undefined || (!given.counter && aggregate === 'count')) return
  throw new WeirError(`${given.counter ? 'a counter' : `the aggregate ${aggregate}`} needs a field`, {
    code: 'WEIR_DETECTOR_CONFIG',
    hint: 'set field, such as attributes.duration',
    configPath: [given.counter ? 'counter' : 'aggregate'],
  })
}

/** Notices points of a series that are unlike what came before, the daily and weekly course included. */
class SeriesDetector implements Detector {
  readonly #config: Config
  readonly #aggregate: Aggregate
  readonly #read: FieldReader | undefined
  readonly #counter: CounterIncrease | undefined
  readonly #panes: Panes<Summary>
  readonly #scorer = new SeriesScorer()
  readonly #peaks: Peaks
  #recent: number[] = []

  constructor(given: Config) {
    this.#config = given
    this.#aggregate = aggregateOf(given)
    this.#read = given.field === undefined ? undefined : fieldReader(given.field)
    this.#counter = given.counter ? new CounterIncrease(given.interval) : undefined
    const { threshold, refractory, warmup } = given
    this.#peaks = new Peaks({ threshold: -Math.log(1 - threshold), refractory, warmup })
    const withSketch = this.#aggregate === 'quantile'
    this.#panes = new Panes(given.interval, {
      create: () => new Summary(withSketch),
      save: (pane) => pane.snapshot(),
      load: (saved) => Summary.from(saved, withSketch),
    })
  }

  observe(record: Record): void {
    const { time } = record
    let value = this.#read === undefined ? 1 : numberOf(this.#read(record))
    if (!Number.isFinite(value)) return
    if (this.#counter !== undefined) value = this.#counter.next(time, value)
    if (Number.isNaN(value)) return
    const panes = this.#panes
    const pane = time >= panes.start && time < panes.end ? panes.current : panes.at(time)
    pane?.add(value)
  }

  observeBatch(batch: LogBatch): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)))
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane, isFirst) => {
      // Records may have begun in the middle of the first interval: a count or a sum of it says nothing.
      if (isFirst && (this.#aggregate === 'count' || this.#aggregate === 'sum')) return
      this.#judge(end, this.#point(pane), report)
    })
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#counter?.interrupt()
    this.#recent = []
  }

  describe(): string | undefined {
    const { count } = this.#scorer
    if (count < this.#config.warmup) return undefined
    const { daily, weekly } = this.#scorer.seasonality
    const explained = `time of day explains ${Math.round(daily * 100)} %, time of week ${Math.round(weekly * 100)} %`
    return `${count} points of ${formatDuration(this.#config.interval)}; ${explained}`
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      counter: this.#counter?.snapshot() ?? null,
      scorer: this.#scorer.snapshot(),
      peaks: this.#peaks.snapshot(),
      recent: [...this.#recent],
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#counter?.restore(saved.child('counter'))
    this.#scorer.restore(saved.child('scorer'))
    this.#peaks.restore(saved.child('peaks'))
    this.#recent = saved.numbers('recent')
  }

  /** Where nothing came, a count or a sum is zero, and any other figure is missing, as is that of a counter. */
  #point(pane: Summary | undefined): number {
    if (pane !== undefined) return pane.figure(this.#aggregate, this.#config.quantile)
    const isZero = this.#counter === undefined && (this.#aggregate === 'count' || this.#aggregate === 'sum')
    return isZero ? 0 : Number.NaN
  }

  #judge(end: number, value: number, report: Report): void {
    if (!Number.isFinite(value)) return
    const { interval, min_change: least } = this.#config
    const start = end - interval
    const { weekly, daily } = this.#scorer.usual(start)
    const usual = Number.isNaN(weekly) ? daily : weekly
    const { count } = this.#scorer
    const past = this.#recent.at(-1)
    const score = this.#peaks.next(this.#scorer.next(start, value))
    this.#recent.push(value)
    if (this.#recent.length > shown) this.#recent.shift()
    if (1 - Math.exp(-score) < this.#config.threshold) return
    const expected = Number.isNaN(usual) ? past : usual
    if (expected !== undefined && Math.abs(value - expected) < least) return
    report({
      title: this.#title(value, expected),
      severity: 'warning',
      time: end,
      key: expected === undefined || value >= expected ? 'above' : 'below',
      observed: rounded(value),
      ...(expected === undefined ? {} : { expected: rounded(expected) }),
      score: rounded(1 - Math.exp(-score)),
      evidence: this.#evidence(count),
      windowStart: start,
      windowEnd: end,
    })
  }

  #title(value: number, expected: number | undefined): string {
    const { field, quantile, counter, interval } = this.#config
    const figure =
      this.#aggregate === 'quantile' ? `${Number((quantile * 100).toFixed(2))} % quantile` : this.#aggregate
    const name = field === undefined ? 'records' : fieldName(field)
    const what = counter ? `the increase of ${name}` : name
    const usually = expected === undefined ? '' : ` (usually ${rounded(expected)})`
    return `${figure} of ${what} is ${rounded(value)} over ${formatDuration(interval)}${usually}`
  }

  #evidence(points: number): { [key: string]: AttributeValue } {
    const { daily, weekly } = this.#scorer.seasonality
    return {
      reason: this.#scorer.reason,
      points_before: points,
      explained_by_time_of_day: `${Math.round(daily * 100)} %`,
      explained_by_time_of_week: `${Math.round(weekly * 100)} %`,
      last_points: sparkline(this.#recent),
    }
  }
}

export const series = defineDetector({
  type: 'series',
  description: 'A point of a series (a count or a figure per interval) unlike all before, seasons included',
  config,
  check,
  create: (context) => new SeriesDetector(context.config),
})
