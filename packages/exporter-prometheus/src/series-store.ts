import { type AttributeMap, type MetricPoint, textOf } from '@weir/sdk'
import { labelName, metricName, type NameOptions, unitName } from './names.ts'

interface Series {
  /** `a="1",b="2"`, sorted; `''` for none. */
  readonly labels: string
  value: number
  /** Event time of its latest point. */
  time: number
  /** When that came, by the clock. */
  seenAt: number
}

export interface Family {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  readonly unit: string
  help: string
  readonly series: Map<string, Series>
}

export interface SeriesStoreOptions extends NameOptions {
  readonly constLabels: { readonly [name: string]: string }
  readonly expirationMs: number
  readonly maxSeries: number
}

/** Why a point could not be taken. */
export type Refusal = 'max_series' | 'type_conflict' | 'no_value'

const escaped = (text: string) => text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`))

/** What each series was last, as a scrape sees it: counters add up what came since, gauges keep the latest. */
export class SeriesStore {
  readonly #options: SeriesStoreOptions
  readonly #families = new Map<string, Family>()
  #count = 0

  constructor(options: SeriesStoreOptions) {
    this.#options = options
  }

  /** In the order of their names. */
  get families(): Family[] {
    return [...this.#families.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  get size(): number {
    return this.#count
  }

  /** @param now by the clock: what is not seen again goes stale from then on */
  add(point: MetricPoint, resource: AttributeMap, now: number): Refusal | undefined {
    if (Number.isNaN(point.value)) return 'no_value'
    const family = this.#familyOf(point)
    if (family.kind !== point.kind) return 'type_conflict'
    const labels = this.#labels(point.attributes, resource)
    let series = family.series.get(labels)
    if (series === undefined) {
      if (this.#count >= this.#options.maxSeries) return 'max_series'
      series = { labels, value: 0, time: Number.NEGATIVE_INFINITY, seenAt: now }
      family.series.set(labels, series)
      this.#count++
    }
    series.seenAt = now
    if (point.kind === 'counter' && point.temporality === 'delta') series.value += point.value
    else if (point.time >= series.time) series.value = point.value
    series.time = Math.max(series.time, point.time)
    return undefined
  }

  /** Forgets the series that no point came for in `expirationMs`: Prometheus then knows that they are stale. */
  expire(now: number): void {
    for (const [name, { series }] of this.#families) {
      for (const [labels, { seenAt }] of series) {
        if (now - seenAt <= this.#options.expirationMs) continue
        series.delete(labels)
        this.#count--
      }
      if (series.size === 0) this.#families.delete(name)
    }
  }

  #familyOf(point: MetricPoint): Family {
    const name = metricName(point, this.#options)
    let family = this.#families.get(name)
    if (family === undefined) {
      family = { name, kind: point.kind, unit: unitName(point.unit), help: '', series: new Map() }
      this.#families.set(name, family)
    }
    if (point.description !== undefined) family.help = point.description
    return family
  }

  #labels(attributes: AttributeMap, { 'service.name': job, 'service.instance.id': instance }: AttributeMap): string {
    const labels = new Map<string, string>()
    // Names that become the same one share it: their values are joined, in the order of the names.
    for (const key of Object.keys(attributes).sort()) {
      const name = labelName(key)
      const value = textOf(attributes[key])
      const other = labels.get(name)
      labels.set(name, other === undefined ? value : `${other};${value}`)
    }
    if (job !== undefined && !labels.has('job')) labels.set('job', textOf(job))
    if (instance !== undefined && !labels.has('instance')) labels.set('instance', textOf(instance))
    for (const [key, value] of Object.entries(this.#options.constLabels)) labels.set(labelName(key), value)
    return [...labels]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',')
  }
}
