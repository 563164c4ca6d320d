import { type Alert, type AlertSeverity, asAlert } from './alert.ts'
import type { Record } from './record.ts'
import { Severity } from './severity.ts'
import { formatDuration } from './units.ts'
import { type AttributeMap, type AttributeValue, textOf } from './value.ts'

/** Attributes of a record that is no alert that are shown. */
const maxAttributes = 10

/** What people read of an alert, or of a record, whichever service shows it. */
export interface Notice {
  readonly alert: Alert | undefined
  readonly severity: AlertSeverity
  readonly isResolved: boolean
  readonly title: string
  /** Unix epoch in milliseconds, `NaN` if unknown. */
  readonly time: number
  /** What reported it: the rule, or what the record came from. */
  readonly origin: string
  /** Names and values: of what, how much, why. */
  readonly facts: readonly (readonly [string, string])[]
  readonly samples: readonly string[]
}

const valueText = (value: AttributeValue): string =>
  typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : textOf(value)

const factsOf = (map: AttributeMap): [string, string][] =>
  Object.entries(map).map(([name, value]) => [name.replace(/^attributes\./, ''), valueText(value)])

function alertFacts({ group, observed, expected, score, evidence, count, state, time, startedAt }: Alert) {
  const facts = factsOf(group)
  if (observed !== undefined) facts.push(['observed', valueText(observed)])
  if (expected !== undefined) facts.push(['expected', valueText(expected)])
  if (score !== undefined) facts.push(['score', valueText(score)])
  facts.push(...factsOf(evidence ?? {}))
  if (count > 1) facts.push(['reported', `${count} times`])
  if (state === 'resolved' && time > startedAt) facts.push(['lasted', formatDuration(time - startedAt)])
  return facts
}

const severityOfRecord = ({ severityNumber }: Record): AlertSeverity =>
  severityNumber >= Severity.ERROR ? 'critical' : severityNumber >= Severity.WARN ? 'warning' : 'info'

/** The alert, or the record, for people to read. */
export function noticeOf(record: Record): Notice {
  const alert = asAlert(record)
  if (alert !== undefined) {
    return {
      alert,
      severity: alert.severity,
      isResolved: alert.state === 'resolved',
      title: alert.title,
      time: alert.time,
      origin: alert.rule,
      facts: alertFacts(alert),
      samples: alert.samples ?? [],
    }
  }
  const attributes = record.attributes.toMap()
  const service = record.resource['service.name'] ?? attributes['log.file.name'] ?? ''
  return {
    alert: undefined,
    severity: severityOfRecord(record),
    isResolved: false,
    title: textOf(record.body),
    time: record.time,
    origin: textOf(service),
    facts: factsOf(attributes).slice(0, maxAttributes),
    samples: [],
  }
}

/** RFC 3339 in UTC, undefined if there is no such time. */
export const isoTime = (ms: number): string | undefined =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined

/** The text, cut to so many characters (UTF-16 code units, as the services count them). */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text
  return length < 1 ? '' : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** The word to begin with: `CRITICAL`, or `RESOLVED`. */
export const noticeLabel = ({ isResolved, severity }: Notice): string =>
  (isResolved ? 'resolved' : severity).toUpperCase()
