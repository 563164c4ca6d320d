import {
  type Alert,
  type AlertReport,
  type AttributeMap,
  type AttributeValue,
  attributeMap,
  type Detector,
  type DetectorSettings,
  type DetectorType,
  detectorSettings,
  type FieldReader,
  fieldReader,
  type LogBatch,
  Record,
  type Report,
  textOf,
} from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'
import { AlertBook } from './alert-book.ts'
import { GroupName } from './group-name.ts'

interface Group {
  readonly key: string
  /** Of the fields of `group_by`, in their order. */
  readonly values: readonly AttributeValue[]
  readonly name: GroupName
  detector: Detector
  readonly report: Report
  hasReported: boolean
}

export interface HostedDetectorOptions {
  readonly type: DetectorType
  readonly condition: ((record: Record) => boolean) | undefined
  readonly send: (alert: Alert, isNew: boolean) => void
  readonly onError: (rule: string, error: unknown) => void
  /** Adds to a report what the records that came lately say about it. */
  readonly explain?: (report: AlertReport, question: Question) => AlertReport
}

/** What a report is about. */
export interface Question {
  /** The detector was shown the record, and its group. */
  readonly isMeant: (record: Record) => boolean
  readonly concerns: ((record: Record) => boolean) | undefined
  /** Up to here everything has been seen: what came later may differ from run to run. */
  readonly until: number
  /** Condition under which others would see such records, in CEL. */
  readonly where: string
}

const noGroup = ''
/** Groups of which it is said what was learnt. */
const maxDescribed = 20
let everyRow = new Uint32Array(0)

/** The rows `from`…`to` of a batch without a selection. */
function rowRange(from: number, to: number): Uint32Array {
  if (everyRow.length < to) everyRow = Uint32Array.from({ length: Math.max(8192, to * 2) }, (_, row) => row)
  return everyRow.subarray(from, to)
}

/** One entry of the config's `detectors`, with one detector per group and the alerts of all of them. */
export class HostedDetector {
  readonly id: string
  readonly settings: DetectorSettings
  /** What the snapshot depends on besides the records. */
  readonly configText: string
  readonly #options: HostedDetectorOptions
  readonly #alerts: AlertBook
  readonly #readers: readonly FieldReader[]
  /** Least recently seen first. */
  readonly #groups = new Map<string, Group>()
  #lastGroup: Group | undefined
  #watermark = Number.NEGATIVE_INFINITY
  /** The first watermark: since then all records were shown, so that a group that appears later is known from its beginning. */
  #begunAt = Number.NaN
  /** Of the current batch: the rows that meet the condition, and at which index of the batch each stands. */
  #rows = new Uint32Array(0)
  #indexes = new Uint32Array(0)
  #rowCount = 0
  #at = 0
  /** Rows of the batch that are still to be shown, by group: those of detectors that take batches alone. */
  readonly #gathered = new Map<Group, number[]>()

  constructor(options: HostedDetectorOptions) {
    const { type } = options
    this.id = type.id
    this.#options = options
    this.settings = detectorSettings(type.config)
    this.configText = JSON.stringify(type.config)
    this.#alerts = new AlertBook(type.id, this.settings, options.send)
    this.#readers = this.settings.group_by.map(fieldReader)
    if (this.#readers.length === 0) this.#lastGroup = this.#add(noGroup, [])
  }

  /** A new batch begins. */
  begin(batch: LogBatch): void {
    const { condition } = this.#options
    if (condition === undefined) return
    const { length } = batch
    if (this.#rows.length < length) {
      this.#rows = new Uint32Array(length)
      this.#indexes = new Uint32Array(length)
    }
    this.#at = 0
    this.#rowCount = 0
    const record = new Record(batch)
    for (let index = 0; index < length; index++) {
      const row = batch.rowAt(index)
      if (!condition(record.at(row))) continue
      this.#rows[this.#rowCount] = row
      this.#indexes[this.#rowCount++] = index
    }
  }

  /**
   * Shows the detectors the records `from`…`to` of the batch.
   * @param view a view of the batch whose selection may be changed
   */
  observe(batch: LogBatch, view: LogBatch, from: number, to: number): void {
    let selection: Uint32Array | null
    if (this.#options.condition !== undefined) {
      const first = this.#at
      while (this.#at < this.#rowCount && (this.#indexes[this.#at] ?? 0) < to) this.#at++
      if (first === this.#at) return
      selection = this.#rows.subarray(first, this.#at)
    } else if (from === 0 && to === batch.length) {
      selection = batch.selection
    } else {
      selection = batch.selection?.subarray(from, to) ?? rowRange(from, to)
    }
    view.selection = selection
    if (this.#readers.length > 0) this.#observeGroups(view)
    else if (this.#lastGroup !== undefined) this.#show(view, this.#lastGroup)
  }

  /** All records before `watermark` have been shown; lateness is taken off here. */
  advance(watermark: number, lateness = this.settings.allowed_lateness): void {
    const reached = watermark - lateness
    if (!(reached > this.#watermark)) return
    this.#watermark = reached
    if (Number.isNaN(this.#begunAt)) {
      // Nothing was shown before: there is nothing to judge.
      this.#begunAt = watermark
      return
    }
    for (const group of this.#groups.values()) {
      try {
        group.detector.advance?.(reached, group.report)
      } catch (error) {
        this.#options.onError(this.id, error)
      }
    }
    this.#alerts.advance(reached)
  }

  /** Time begins anew: the detectors do too, and what they had reported is over. */
  rewind(): void {
    for (const group of this.#groups.values()) {
      this.#stop(group.detector)
      if (group.hasReported) this.#alerts.forget(group.key, this.#watermark)
      group.detector = this.#options.type.create()
    }
    this.#watermark = Number.NEGATIVE_INFINITY
    this.#begunAt = Number.NaN
  }

  /** History has been learnt from, and does not go on: what is under way is dropped. */
  interrupt(): void {
    for (const group of this.#groups.values()) {
      try {
        group.detector.interrupt?.()
      } catch (error) {
        this.#options.onError(this.id, error)
      }
      group.hasReported = false
    }
    this.#alerts.clear()
    this.#watermark = Number.NEGATIVE_INFINITY
    this.#begunAt = Number.NaN
  }

  /** What the detectors have learnt, in words: one line a group, for some of them. */
  describe(): string[] {
    const groups = [...this.#groups.values()]
    const lines = groups.slice(0, maxDescribed).flatMap(({ name, detector }) => {
      const words = this.#words(detector)
      return words === undefined ? [] : [[name.text, words].filter((part) => part !== '').join(': ')]
    })
    return groups.length <= maxDescribed ? lines : [...lines, `… and ${groups.length - maxDescribed} more groups`]
  }

  #words(detector: Detector): string | undefined {
    try {
      return detector.describe?.()
    } catch (error) {
      this.#options.onError(this.id, error)
      return undefined
    }
  }

  stop(): void {
    for (const { detector } of this.#groups.values()) this.#stop(detector)
  }

  snapshot(): AttributeMap {
    const groups = [...this.#groups.values()].map(({ key, values, name, detector, hasReported }) => ({
      ...{ key, values: [...values], name: name.snapshot(), hasReported },
      snapshot: detector.snapshot?.() ?? null,
    }))
    const times = { watermark: savedTime(this.#watermark), begunAt: savedTime(this.#begunAt) }
    return { config: this.configText, ...times, groups, alerts: this.#alerts.snapshot() }
  }

  /** @throws whatever a detector throws that cannot use what an earlier one left */
  restore(saved: Saved): void {
    this.#watermark = saved.number('watermark', Number.NEGATIVE_INFINITY)
    this.#begunAt = saved.number('begunAt', this.#watermark === Number.NEGATIVE_INFINITY ? Number.NaN : this.#watermark)
    this.#alerts.restore(saved.children('alerts'))
    for (const entry of saved.children('groups')) {
      const key = entry.text('key')
      const group = this.#groups.get(key) ?? this.#add(key, entry.values('values'))
      group.name.restore(entry.child('name'))
      group.hasReported = entry.flag('hasReported')
      const snapshot = entry.value('snapshot')
      if (snapshot !== undefined && snapshot !== null) group.detector.restore?.(snapshot)
    }
  }

  /** Ends what a detector of another config had reported. */
  closeAlerts(saved: Saved): void {
    this.#alerts.restore(saved.children('alerts'))
    this.#alerts.close()
  }

  #observeGroups(view: LogBatch): void {
    const record = new Record(view)
    const { selection, length } = view
    for (let index = 0; index < length; index++) {
      const row = selection === null ? index : (selection[index] ?? 0)
      const group = this.#groupOf(record.at(row))
      group.name.see(record)
      if (group.detector.observe === undefined) {
        const rows = this.#gathered.get(group)
        if (rows === undefined) this.#gathered.set(group, [row])
        else rows.push(row)
        continue
      }
      try {
        group.detector.observe(record, group.report)
      } catch (error) {
        this.#options.onError(this.id, error)
      }
    }
    for (const group of [...this.#gathered.keys()]) this.#showGathered(view, group)
  }

  #showGathered(view: LogBatch, group: Group): void {
    const rows = this.#gathered.get(group)
    if (rows === undefined) return
    this.#gathered.delete(group)
    const { selection } = view
    view.selection = Uint32Array.from(rows)
    this.#show(view, group)
    view.selection = selection
  }

  #show(view: LogBatch, { detector, report }: Group): void {
    try {
      if (detector.observeBatch !== undefined) {
        detector.observeBatch(view, report)
        return
      }
      const record = new Record(view)
      for (let index = 0; index < view.length; index++) detector.observe?.(record.at(view.rowAt(index)), report)
    } catch (error) {
      this.#options.onError(this.id, error)
    }
  }

  #groupOf(record: Record): Group {
    const key = this.#keyOf(record)
    if (this.#lastGroup?.key === key) return this.#lastGroup
    let group = this.#groups.get(key)
    if (group === undefined) {
      if (this.#groups.size >= this.settings.max_groups) this.#forgetOldest(record)
      group = this.#add(
        key,
        this.#readers.map((read) => read(record) ?? null),
      )
    } else {
      this.#groups.delete(key)
      this.#groups.set(key, group)
    }
    this.#lastGroup = group
    return group
  }

  #add(key: string, values: readonly AttributeValue[]): Group {
    const name = new GroupName(this.settings.group_by, values)
    const report = (alert: AlertReport) => {
      group.hasReported = true
      const { explain = (given: AlertReport) => given } = this.#options
      const named = name.on(alert)
      this.#alerts.report(key, this.#named(values), named, (given) => explain(given, this.#question(group)))
    }
    const group: Group = { key, values, name, detector: this.#options.type.create(), report, hasReported: false }
    this.#groups.set(key, group)
    if (!Number.isNaN(this.#begunAt)) group.detector.advance?.(this.#begunAt, report)
    return group
  }

  #question({ key, values, detector }: Group): Question {
    const { condition, type } = this.#options
    const { where } = type.config
    const conditions = this.settings.group_by.map(
      (path, index) => `${path} == ${JSON.stringify(values[index] ?? null)}`,
    )
    return {
      isMeant: (record) => condition?.(record) !== false && (this.#readers.length === 0 || this.#keyOf(record) === key),
      until: this.#watermark,
      concerns: detector.concerns === undefined ? undefined : (record) => detector.concerns?.(record) === true,
      where: [
        ...(typeof where === 'string' ? [conditions.length === 0 ? where : `(${where})`] : []),
        ...conditions,
      ].join(' && '),
    }
  }

  #keyOf(record: Record): string {
    const [first] = this.#readers
    return this.#readers.length === 1 && first !== undefined
      ? textOf(first(record))
      : JSON.stringify(this.#readers.map((read) => read(record) ?? null))
  }

  #named(values: readonly AttributeValue[]): AttributeMap {
    return attributeMap(this.settings.group_by.map((path, index) => [path, values[index] ?? null] as const))
  }

  #forgetOldest({ batch, time }: Record): void {
    for (const [key, group] of this.#groups) {
      this.#showGathered(batch, group)
      this.#stop(group.detector)
      this.#groups.delete(key)
      if (group.hasReported) this.#alerts.forget(key, Number.isNaN(time) ? this.#watermark : time)
      return
    }
  }

  #stop(detector: Detector): void {
    try {
      detector.stop?.()
    } catch (error) {
      this.#options.onError(this.id, error)
    }
  }
}
