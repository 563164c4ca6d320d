import {
  type AttributeMap,
  type AttributeValue,
  attributeMap,
  type Counter,
  type FieldReader,
  fieldReader,
  type LogBatch,
  type MetricPoint,
  Record,
  textOf,
} from '@weir/sdk'
import { Panes, type Saved, Sessions } from '@weir/windows'
import { kindOf, type MetricConfig } from './config.ts'
import { Figures } from './figures.ts'
import { Groups, overflow } from './groups.ts'

export interface WindowedMetricOptions {
  readonly config: MetricConfig
  readonly condition: ((record: Record) => boolean) | undefined
  readonly maxGroups: number
  readonly groupExpirationMs: number
  readonly emit: (point: MetricPoint) => void
  /** Counts records that came after their windows had ended. */
  readonly late: Counter
  /** Counts series that had to make room. */
  readonly overflows: Counter
}

type Pane = Map<string, Figures>

/** One metric: what has come for each of its series in each open window. */
export class WindowedMetric {
  /** What the snapshot depends on besides the records. */
  readonly configText: string
  readonly #options: WindowedMetricOptions
  readonly #read: FieldReader | undefined
  readonly #groups: Groups
  readonly #panes: Panes<Pane>
  readonly #sessions: Sessions<Figures> | undefined
  /** Panes of the window that slides, the latest last. */
  #window: Pane[] = []
  readonly #panesPerWindow: number
  /** Figures over windows that began before the input did are left out, where they depend on the length. */
  readonly #needsWholeWindows: boolean
  readonly #expirationMs: number
  #wholePanes = 0
  readonly #kind: 'counter' | 'gauge'

  constructor(options: WindowedMetricOptions) {
    const { config, maxGroups, groupExpirationMs } = options
    this.#options = options
    this.configText = JSON.stringify(config)
    this.#read = config.field === undefined ? undefined : fieldReader(config.field)
    this.#kind = kindOf(config)
    this.#groups = new Groups(config.group_by, maxGroups, (key) => this.#evict(key))
    const slide = config.slide ?? config.window
    this.#panesPerWindow = Math.round(config.window / slide)
    this.#expirationMs = Math.max(groupExpirationMs, config.window + slide, config.session_gap ?? 0)
    this.#needsWholeWindows = this.#panesPerWindow > 1 || config.aggregate === 'rate'
    this.#panes = new Panes<Pane>(slide, {
      create: () => new Map(),
      save: (pane) => saved(pane),
      load: (entry) => this.#load(entry),
    })
    const { session_gap: gap, max_session: longest } = config
    if (gap === undefined) return
    this.#sessions = new Sessions<Figures>(
      { gap, longest },
      {
        create: () => new Figures(config),
        save: (figures) => figures.snapshot(),
        load: (entry) => new Figures(config, entry),
        merge: (earlier, later) => earlier.merge(later),
      },
    )
  }

  /** Takes in the records `from`…`to` of those that count. @param time the times of all rows */
  observe(batch: LogBatch, time: Float64Array, from: number, to: number): void {
    const { condition, late, config } = this.#options
    const record = new Record(batch)
    let lateCount = 0
    for (let index = from; index < to; index++) {
      const row = batch.rowAt(index)
      record.at(row)
      if (condition?.(record) === false) continue
      const value = this.#read === undefined ? 1 : this.#read(record)
      if (value === undefined || value === null) continue
      const number = config.aggregate === 'unique' ? 0 : numberOf(value)
      if (Number.isNaN(number) || (this.#kind === 'counter' && number < 0)) continue
      const figures = this.#figuresOf(record, time[row] ?? Number.NaN)
      if (figures === undefined) lateCount++
      else if (figures.distinct === undefined) figures.summary.add(number)
      else figures.distinct.add(textOf(value))
    }
    if (lateCount > 0) late.add(lateCount, { metric: config.name })
  }

  /** All records before the watermark have been seen: hands out the windows that have ended. */
  advance(watermark: number): void {
    const { config } = this.#options
    if (this.#sessions !== undefined) {
      this.#sessions.close(watermark, (key, start, end, figures) => this.#emit(key, start, end, figures))
    } else {
      this.#panes.close(watermark, (end, pane, isFirst) => {
        this.#window.push(pane ?? new Map())
        if (this.#window.length > this.#panesPerWindow) this.#window.shift()
        if (!isFirst) this.#wholePanes++
        if (this.#needsWholeWindows && this.#wholePanes < this.#panesPerWindow) return
        this.#emitWindow(end - config.window, end)
      })
    }
    if (config.group_by.length > 0) this.#groups.expire(watermark - this.#expirationMs)
  }

  /** Nothing more will come: hands out what is in windows that have not ended. */
  finish(): void {
    this.advance(this.#sessions === undefined ? this.#panes.latestEnd : Number.POSITIVE_INFINITY)
  }

  snapshot(): AttributeMap {
    return {
      ...{ config: this.configText, groups: this.#groups.snapshot(), wholePanes: this.#wholePanes },
      ...{ panes: this.#panes.snapshot(), window: this.#window.map(saved) },
      ...{ sessions: this.#sessions?.snapshot() ?? null },
    }
  }

  restore(entry: Saved): void {
    this.#groups.restore(entry.children('groups'))
    this.#wholePanes = entry.number('wholePanes', 0)
    this.#panes.restore(entry.child('panes'))
    this.#window = entry.children('window').map((pane) => this.#load(pane))
    this.#sessions?.restore(entry.children('sessions'))
  }

  #figuresOf(record: Record, time: number): Figures | undefined {
    if (this.#sessions !== undefined) return this.#sessions.at(this.#groups.keyOf(record, time), time)
    const panes = this.#panes
    const pane = time >= panes.start && time < panes.end ? panes.current : panes.at(time)
    if (pane === undefined) return undefined
    return figuresIn(pane, this.#groups.keyOf(record, time), this.#options.config)
  }

  #emitWindow(start: number, end: number): void {
    const whole: Pane = new Map()
    const { config } = this.#options
    for (const pane of this.#window) for (const [key, figures] of pane) figuresIn(whole, key, config).merge(figures)
    for (const key of this.#groups.keys) if (!whole.has(key)) whole.set(key, new Figures(config))
    for (const [key, figures] of whole) this.#emit(key, start, end, figures)
  }

  #emit(key: string, startTime: number, time: number, figures: Figures): void {
    const { emit, config } = this.#options
    const { name, unit, description, aggregate, window, quantiles } = config
    const kind = this.#kind
    const attributes = this.#groups.attributesOf(key)
    for (const quantile of aggregate === 'quantile' ? quantiles : [Number.NaN]) {
      const value = figures.value(aggregate, window / 1000, quantile)
      if (Number.isNaN(value)) continue
      emit({
        ...{ name, value, kind, time, startTime },
        ...(kind === 'counter' ? { temporality: 'delta' } : {}),
        ...(unit === undefined ? {} : { unit }),
        ...(description === undefined ? {} : { description }),
        attributes: Number.isNaN(quantile)
          ? attributes
          : attributeMap([...Object.entries(attributes), ['quantile', quantile]]),
      })
    }
  }

  /** A series makes room: what it has in open windows is not lost, but no longer its own. */
  #evict(key: string): void {
    const { overflows, config } = this.#options
    overflows.add(1, { metric: config.name })
    this.#sessions?.move(key, overflow)
    for (const pane of [...this.#window, ...this.#panes.open]) {
      const figures = pane.get(key)
      if (figures === undefined) continue
      pane.delete(key)
      figuresIn(pane, overflow, config).merge(figures)
    }
  }

  #load(entry: Saved): Pane {
    const series = entry
      .children('series')
      .map((one) => [one.text('key'), new Figures(this.#options.config, one)] as const)
    return new Map(series)
  }
}

function figuresIn(pane: Pane, key: string, config: MetricConfig): Figures {
  let figures = pane.get(key)
  if (figures === undefined) {
    figures = new Figures(config)
    pane.set(key, figures)
  }
  return figures
}

const saved = (pane: Pane): AttributeValue => ({
  series: [...pane].map(([key, figures]) => ({ key, ...figures.snapshot() })),
})

const numberOf = (value: AttributeValue): number => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}
