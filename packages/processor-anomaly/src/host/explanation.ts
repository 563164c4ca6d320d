import { type AlertReport, type AttributeMap, type Record, textOf } from '@weir/sdk'
import type { Question } from './hosted-detector.ts'
import type { KeptRecord, RecentRecords } from './recent-records.ts'

/** How far back an alert is compared with. */
const pastMs = 900_000
/** Records that are needed on both sides to compare. */
const leastRecords = 8
/** Smallest change of a share that explains something. */
const leastShift = 0.15
/** Longer values are texts, not keys. */
const maxKeyLength = 80
const maxContributors = 3
const maxSamples = 3

/** Attributes that tell records apart and explain nothing. */
const meaningless: ReadonlySet<string> = new Set([
  'log.template.id',
  'log.file.name',
  'log.record.original',
  'time',
  'timestamp',
])

const percent = (share: number): string => `${Math.round(share * 100)} %`

interface Shift {
  readonly key: string
  readonly value: string
  readonly now: number
  readonly before: number
}

/**
 * What an alert over a window leaves open: which keys contribute most, by how their shares have changed against the quarter of
 * an hour before, and lines that show it.
 */
export function explained(
  report: AlertReport,
  recent: RecentRecords,
  { isMeant, concerns, until }: Question,
): AlertReport {
  const { windowStart: start, windowEnd: end, state, samples = [] } = report
  if (start === undefined || end === undefined || state === 'resolved') return report
  const fits = concerns === undefined ? isMeant : (record: Record) => isMeant(record) && concerns(record)
  const now = recent.between(start, Math.min(end, until), fits)
  const before = recent.between(start - pastMs, start, fits)
  const contributors = shiftsOf(now, before)
    .slice(0, maxContributors)
    .map(({ key, value, now: share, before: usual }) => `${key} ${value} ${percent(share)} (usually ${percent(usual)})`)
  const more = now.map(({ sample }) => sample).filter((sample) => !samples.includes(sample))
  const shown = [...samples, ...more.slice(-maxSamples)].slice(0, maxSamples)
  return {
    ...report,
    ...(shown.length === 0 ? {} : { samples: shown }),
    ...(contributors.length === 0 ? {} : { evidence: { ...report.evidence, contributors: contributors.join(', ') } }),
  }
}

function shiftsOf(now: readonly KeptRecord[], before: readonly KeptRecord[]): Shift[] {
  if (now.length < leastRecords || before.length < leastRecords) return []
  const [sharesNow, sharesBefore] = [sharesOf(now), sharesOf(before)]
  const shifts: Shift[] = []
  for (const key of new Set([...sharesNow.keys(), ...sharesBefore.keys()])) {
    const [values, past] = [sharesNow.get(key), sharesBefore.get(key)]
    const all = [...new Set([...(values?.keys() ?? []), ...(past?.keys() ?? [])])]
    const found = all.map((value) => ({ key, value, now: values?.get(value) ?? 0, before: past?.get(value) ?? 0 }))
    // One of each key: that it is more of one value says that it is less of the others.
    const [most] = found.sort(byShift)
    if (most !== undefined && sizeOf(most) >= leastShift) shifts.push(most)
  }
  return shifts.sort(byShift)
}

/** The largest first; of equal ones always the same, whatever came before. */
const byShift = (one: Shift, other: Shift): number =>
  sizeOf(other) - sizeOf(one) || compare(one.key, other.key) || compare(one.value, other.value)

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const sizeOf = ({ now, before }: Shift): number => Math.abs(now - before)

/** Of each attribute, which share of the records has which value. */
function sharesOf(records: readonly KeptRecord[]): Map<string, Map<string, number>> {
  const shares = new Map<string, Map<string, number>>()
  const total = records.reduce((sum, { weight }) => sum + weight, 0)
  for (const { record, weight } of records) {
    for (const [key, value] of Object.entries(keysOf(record))) {
      const text = textOf(value)
      if (text.length > maxKeyLength) continue
      const values = shares.get(key) ?? new Map<string, number>()
      shares.set(key, values.set(text, (values.get(text) ?? 0) + weight / total))
    }
  }
  return shares
}

function keysOf(record: Record): AttributeMap {
  const keys: AttributeMap = Object.create(null)
  for (const [key, value] of Object.entries(record.resource)) keys[key] = value
  for (const [key, value] of record.attributes.entries()) if (!meaningless.has(key)) keys[key] = value
  if (record.severityNumber > 0) keys.severity = record.severityText
  return keys
}
