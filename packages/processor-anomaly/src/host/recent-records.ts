import { type AttributeMap, type AttributeValue, Layout, LogBatch, Record, Severity } from '@weir/sdk'
import { Saved } from '@weir/windows'
import { sampleOf } from '../sample.ts'

/** Records are kept by pieces of event time, so long. */
const paneMs = 10_000
/** A quarter of an hour. */
const maxPanes = 90
/** Of each piece so many are kept, and so many of those that are warnings or worse, which would else be missed. */
const plainRoom = 12
const severeRoom = 6
/** Longest value that is kept, in characters. */
const maxLength = 1024

/** A record that is kept, with how many it stands for. */
export interface KeptRecord {
  readonly record: Record
  readonly sample: string
  readonly weight: number
}

/** A uniform sample of what came, by Vitter's algorithm R; what is drawn depends on the place in the stream alone, so that a replay draws the same. */
class Reservoir {
  /** As they are stored, as JSON: a fifth of the memory of records or maps, which few of them become again. */
  kept: string[] = []
  seen = 0
  readonly #room: number

  constructor(room: number) {
    this.#room = room
  }

  /** Where to put the next one; -1 if it is not drawn. */
  place(seed: number): number {
    const count = ++this.seen
    if (count <= this.#room) return count - 1
    const drawn = mixed(seed, count) % count
    return drawn < this.#room ? drawn : -1
  }
}

interface Pane {
  readonly plain: Reservoir
  readonly severe: Reservoir
}

/** A few of the latest records: what an alert is about can be looked up in them. Bounded, whatever comes. */
export class RecentRecords {
  readonly #panes = new Map<number, Pane>()
  #layout = new Layout()
  #latest = Number.NEGATIVE_INFINITY
  /** Panes that have changed, come or gone since `changes` was last called. */
  readonly #changed = new Set<number>()

  /** Takes in the records `from`…`to` of those that count. @param time the times of all rows */
  observe(batch: LogBatch, time: Float64Array, from: number, to: number): void {
    const { severityNumber } = batch
    let index = Number.NaN
    let pane: Pane | undefined
    // A record that is drawn is often pushed out by the next few: only what is left at the end is copied.
    const drawn = new Map<Reservoir, Map<number, number>>()
    for (let at = from; at < to; at++) {
      const row = batch.rowAt(at)
      const next = Math.floor((time[row] ?? Number.NaN) / paneMs)
      if (next !== index) {
        index = next
        pane = this.#paneOf(index)
        // What is only counted matters as well: it decides what is drawn next.
        if (pane !== undefined) this.#changed.add(index)
      }
      if (pane === undefined) continue
      const reservoir = (severityNumber[row] ?? 0) >= Severity.WARN ? pane.severe : pane.plain
      const place = reservoir.place(index)
      if (place >= 0) rowsOf(drawn, reservoir).set(place, row)
    }
    for (const [reservoir, rows] of drawn) {
      for (const [place, row] of rows) reservoir.kept[place] = savedRecord(batch, row, time[row] ?? Number.NaN)
    }
  }

  /** What is kept of the records from `start` to `end` that fit; in pieces of ten seconds, the earliest first. */
  between(start: number, end: number, fits: (record: Record) => boolean): KeptRecord[] {
    const found: KeptRecord[] = []
    for (const [index, { plain, severe }] of [...this.#panes].sort(([one], [other]) => one - other)) {
      if ((index + 1) * paneMs <= start || index * paneMs >= end) continue
      for (const { kept, seen } of [plain, severe]) {
        for (const saved of kept.map((one) => new Saved(JSON.parse(one)))) {
          const time = saved.number('time', Number.NaN)
          if (!(time >= start && time < end)) continue
          const record = this.#record(saved)
          if (!fits(record)) continue
          const sample = saved.value('sample') === undefined ? saved.text('body') : saved.text('sample')
          found.push({ record, sample, weight: seen / kept.length })
        }
      }
    }
    return found
  }

  /** What has changed since the last call, by pane; `null` of those that are gone. */
  changes(): [pane: number, value: AttributeValue][] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed.map((index) => [index, this.#snapshot(index)])
  }

  /** All panes. */
  snapshot(): [pane: number, value: AttributeValue][] {
    return [...this.#panes.keys()].map((index) => [index, this.#snapshot(index)])
  }

  restore(index: number, value: AttributeValue | undefined): void {
    const saved = new Saved(value)
    const pane = this.#paneOf(index)
    if (pane === undefined) return
    for (const [name, reservoir] of Object.entries(pane)) {
      const own = saved.child(name)
      reservoir.seen = own.number('seen', 0)
      reservoir.kept = own.texts('kept')
    }
  }

  clear(): void {
    for (const index of this.#panes.keys()) this.#changed.add(index)
    this.#panes.clear()
    this.#latest = Number.NEGATIVE_INFINITY
  }

  #paneOf(index: number): Pane | undefined {
    if (Number.isNaN(index) || index <= this.#latest - maxPanes) return undefined
    let pane = this.#panes.get(index)
    if (pane === undefined) {
      pane = { plain: new Reservoir(plainRoom), severe: new Reservoir(severeRoom) }
      this.#panes.set(index, pane)
    }
    if (index > this.#latest) {
      this.#latest = index
      for (const old of this.#panes.keys()) {
        if (old > index - maxPanes) continue
        this.#panes.delete(old)
        this.#changed.add(old)
      }
    }
    return pane
  }

  #snapshot(index: number): AttributeValue {
    const pane = this.#panes.get(index)
    if (pane === undefined) return null
    const saved = ({ seen, kept }: Reservoir) => ({ seen, kept })
    return { plain: saved(pane.plain), severe: saved(pane.severe) }
  }

  #record(saved: Saved): Record {
    if (this.#layout.isCrowded) this.#layout = new Layout()
    const record = new LogBatch({
      ...{ capacity: 1, layout: this.#layout, source: saved.text('source'), resource: saved.map('resource') },
    }).append()
    record.time = saved.number('time', Number.NaN)
    record.severityNumber = saved.number('severityNumber', 0)
    record.severityText = saved.text('severityText')
    record.body = saved.value('body')
    for (const [name, value] of Object.entries(saved.map('attributes'))) record.attributes.set(name, value)
    return record
  }
}

function rowsOf(drawn: Map<Reservoir, Map<number, number>>, reservoir: Reservoir): Map<number, number> {
  const known = drawn.get(reservoir)
  if (known !== undefined) return known
  const rows = new Map<number, number>()
  drawn.set(reservoir, rows)
  return rows
}

function savedRecord(from: LogBatch, row: number, time: number): string {
  const record = new Record(from).at(row)
  const { severityNumber, severityText, body } = record
  const attributes: AttributeMap = Object.assign(Object.create(null), from.attributes)
  for (const { name, slot } of from.layout.attributes) {
    const value = from.value(row, slot)
    if (value !== undefined && isSmall(value)) attributes[name] = value
  }
  const { resource, source } = from
  const sample = sampleOf(record)
  const shown = isSmall(body) ? (body ?? null) : sample
  // Of a line of an access log both are the line.
  const shortest = sample === shown ? {} : { sample }
  return JSON.stringify({ time, severityNumber, severityText, body: shown, attributes, resource, source, ...shortest })
}

/** What is longer is no key, and would be held for a quarter of an hour. */
const isSmall = (value: AttributeValue | undefined): boolean =>
  typeof value === 'string'
    ? value.length <= maxLength
    : typeof value !== 'object' || JSON.stringify(value).length <= maxLength

function mixed(one: number, other: number): number {
  let hash = Math.imul(one ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(other, 0xc2b2_ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a_2d39)
  return (hash ^ (hash >>> 15)) >>> 0
}
