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
import { aggregates, Panes, Saved, Summary } from '@weir/windows'
import { fieldName } from '../field-name.ts'
import { sampleOf } from '../sample.ts'
import { panesPerWindow } from '../windows/sliding.ts'
import { Trail } from '../windows/trail.ts'

const config = Type.Object({
  field: Type.Optional(
    FieldPath({ description: 'Numeric field. Left out, records themselves are counted (`aggregate: count`).' }),
  ),
  aggregate: OneOf(aggregates, {
    description: 'Which figure of the values in the window is compared.',
    default: 'count',
  }),
  quantile: Type.Number({
    description: 'Which quantile, for `aggregate: quantile`: 0.95 is the 95th percentile.',
    default: 0.95,
    minimum: 0,
    maximum: 1,
  }),
  above: Type.Optional(
    Type.Number({
      description:
        'Alert while the figure is greater: for count, sum and max as soon as it is, for the others once a window is full.',
    }),
  ),
  below: Type.Optional(
    Type.Number({
      description: 'Alert while the figure is less: for min as soon as it is, for the others once a window is full.',
    }),
  ),
  window: Duration({ description: 'Time that the figure is taken over; it slides by a sixth.', default: '1m' }),
  min_count: Type.Integer({
    description: 'Fewest values in a window for mean, min, max and quantile to be compared.',
    default: 1,
    minimum: 1,
  }),
})

type Config = Static<typeof config>
type Side = 'above' | 'below'

/** The values of a pane, and the record that has the most extreme of them. */
interface Pane {
  readonly summary: Summary
  extreme: number
  sample: string
  /** The stream may have begun in the middle of it. */
  isPartial: boolean
}

/** The side on which a figure stays, whatever else the window gets: such a bound is reported when it is crossed. */
const lasting: { readonly [aggregate: string]: Side | undefined } = {
  count: 'above',
  sum: 'above',
  max: 'above',
  min: 'below',
}

const numberOf = (value: AttributeValue | undefined): number => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}
const rounded = (figure: number) => Number(figure.toPrecision(4))

const savedPane = ({ summary, extreme, sample, isPartial }: Pane): AttributeValue => ({
  summary: summary.snapshot(),
  ...{ extreme, sample },
  ...(isPartial ? { isPartial } : {}),
})

/** @throws WeirError `WEIR_DETECTOR_CONFIG` */
function check({ above, below, field, aggregate }: Config): void {
  if (above === undefined && below === undefined)
    throw new WeirError('a bound is missing', { code: 'WEIR_DETECTOR_CONFIG', hint: 'set above or below, or both' })
  if (field !== undefined || aggregate === 'count') return
  throw new WeirError(`the aggregate ${aggregate} needs a field`, {
    code: 'WEIR_DETECTOR_CONFIG',
    hint: 'set field, such as attributes.duration',
    configPath: ['aggregate'],
  })
}

/** Compares a figure of a numeric field with fixed bounds. */
class ThresholdDetector implements Detector {
  readonly #config: Config
  readonly #read: FieldReader | undefined
  readonly #withSketch: boolean
  readonly #panes: Panes<Pane>
  #window: Pane[] = []
  readonly #trail = new Trail()
  readonly #lastingSide: Side | undefined
  #firing: Side | undefined

  constructor(given: Config) {
    this.#config = given
    this.#lastingSide = lasting[given.aggregate]
    this.#read = given.field === undefined ? undefined : fieldReader(given.field)
    this.#withSketch = given.aggregate === 'quantile'
    this.#panes = new Panes(Math.max(1, Math.round(given.window / panesPerWindow)), {
      create: () => this.#empty(),
      save: savedPane,
      load: (saved) => this.#load(saved),
    })
  }

  observe(record: Record): void {
    const value = this.#read === undefined ? 1 : numberOf(this.#read(record))
    if (Number.isNaN(value)) return
    const { time } = record
    const panes = this.#panes
    const pane = time >= panes.start && time < panes.end ? panes.current : panes.at(time)
    if (pane === undefined) return
    pane.summary.add(value)
    if (pane.sample !== '' && !this.#isFurther(value, pane.extreme)) return
    pane.extreme = value
    pane.sample = sampleOf(record)
  }

  observeBatch(batch: LogBatch): void {
    const record = new Record(batch)
    for (let index = 0; index < batch.length; index++) this.observe(record.at(batch.rowAt(index)))
  }

  advance(watermark: number, report: Report): void {
    this.#panes.close(watermark, (end, pane = this.#empty(), isFirst) => {
      pane.isPartial = isFirst
      this.#window.push(pane)
      if (this.#window.length > panesPerWindow) this.#window.shift()
      const isWhole = this.#window.length === panesPerWindow && this.#window[0]?.isPartial === false
      const figure = this.#figure(this.#window)
      if (isWhole) this.#trail.push(figure)
      if (isWhole || this.#lasts(figure)) this.#judge(this.#window, end, end, report)
    })
    const { next } = this.#panes
    if (next === undefined || this.#firing === this.#lastingSide) return
    const sofar = [...this.#window.slice(1 - panesPerWindow), next]
    if (this.#lasts(this.#figure(sofar))) this.#judge(sofar, watermark, this.#panes.nextEnd, report)
  }

  concerns(record: Record): boolean {
    const { above = Number.POSITIVE_INFINITY, below = Number.NEGATIVE_INFINITY, aggregate } = this.#config
    // Of a count or a sum each value is a part.
    if (this.#read === undefined || aggregate === 'count' || aggregate === 'sum') return true
    const value = numberOf(this.#read(record))
    return value > above || value < below
  }

  interrupt(): void {
    this.#panes.interrupt()
    this.#window = []
    this.#firing = undefined
    this.#trail.clear()
  }

  snapshot(): AttributeValue {
    return {
      panes: this.#panes.snapshot(),
      window: this.#window.map(savedPane),
      firing: this.#firing ?? null,
      trail: this.#trail.snapshot(),
    }
  }

  restore(snapshot: AttributeValue): void {
    const saved = new Saved(snapshot)
    this.#panes.restore(saved.child('panes'))
    this.#window = saved.children('window').map((pane) => this.#load(pane))
    this.#trail.restore(saved.numbers('trail'))
    const firing = saved.text('firing')
    this.#firing = firing === 'above' || firing === 'below' ? firing : undefined
  }

  #empty(): Pane {
    return { summary: new Summary(this.#withSketch), extreme: 0, sample: '', isPartial: false }
  }

  #load(saved: Saved): Pane {
    const summary = Summary.from(saved.child('summary'), this.#withSketch)
    const isPartial = saved.flag('isPartial')
    return { summary, extreme: saved.number('extreme', 0), sample: saved.text('sample'), isPartial }
  }

  #isFurther(value: number, than: number): boolean {
    return this.#config.above === undefined ? value < than : value > than
  }

  /** The record of the window that says most. */
  #sample(panes: readonly Pane[]): string {
    let [worst] = panes.filter(({ sample }) => sample !== '')
    for (const pane of panes) {
      if (worst !== undefined && pane.sample !== '' && this.#isFurther(pane.extreme, worst.extreme)) worst = pane
    }
    return worst?.sample ?? ''
  }

  /** Whether a figure is beyond a bound, and stays there until the window has moved on. */
  #lasts(figure: number): boolean {
    return this.#lastingSide !== undefined && this.#sideOf(figure) === this.#lastingSide
  }

  /** @param time of the alert, which may be before the window ends */
  #judge(panes: readonly Pane[], time: number, windowEnd: number, report: Report): void {
    const figure = this.#figure(panes)
    const side = this.#sideOf(figure)
    if (this.#firing !== undefined && side !== this.#firing) {
      report({ ...this.#words(figure), severity: 'info', time, key: this.#firing, state: 'resolved', resolves: true })
    }
    if (side !== undefined && side !== this.#firing) {
      const sample = this.#sample(panes)
      const recent = `${this.#trail}`
      report({
        ...this.#words(figure, side),
        severity: 'warning',
        time,
        key: side,
        resolves: true,
        evidence: {
          window: formatDuration(this.#config.window),
          values: panes.reduce((sum, { summary }) => sum + summary.count, 0),
          ...(recent === '' ? {} : { recent }),
        },
        ...(sample === '' ? {} : { samples: [sample] }),
        windowStart: windowEnd - this.#config.window,
        windowEnd,
      })
    }
    this.#firing = side
  }

  #figure(panes: readonly Pane[]): number {
    const { aggregate, quantile, min_count: least } = this.#config
    const whole = new Summary(this.#withSketch)
    for (const { summary } of panes) whole.merge(summary)
    const needsValues = aggregate !== 'count' && aggregate !== 'sum'
    return needsValues && whole.count < least ? Number.NaN : whole.figure(aggregate, quantile)
  }

  #sideOf(figure: number): Side | undefined {
    const { above, below } = this.#config
    if (above !== undefined && figure > above) return 'above'
    return below !== undefined && figure < below ? 'below' : undefined
  }

  #words(figure: number, side?: Side) {
    const { aggregate, field, quantile, window } = this.#config
    const name = aggregate === 'quantile' ? `${Number((quantile * 100).toFixed(2))} % quantile` : aggregate
    const bound = side === undefined ? '' : ` (${side} ${this.#config[side] ?? ''})`
    const value = Number.isNaN(figure) ? 'has no values' : `is ${rounded(figure)}`
    const title = `${name}${field === undefined ? ' of records' : ` of ${fieldName(field)}`} ${value} over ${formatDuration(window)}${bound}`
    if (Number.isNaN(figure)) return { title }
    return { title, observed: rounded(figure), ...(side === undefined ? {} : { expected: this.#expected(side) }) }
  }

  #expected(side: Side): string {
    return side === 'above' ? `at most ${this.#config.above ?? ''}` : `at least ${this.#config.below ?? ''}`
  }
}

export const threshold = defineDetector({
  type: 'threshold',
  description: 'A figure of a numeric field beyond a fixed bound',
  config,
  check,
  create: (context) => new ThresholdDetector(context.config),
})
