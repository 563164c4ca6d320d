import type { LogBatch } from './batch.ts'
import { Layout } from './layout.ts'
import type { Record } from './record.ts'
import { Severity } from './severity.ts'
import type { AttributeMap, AttributeValue } from './value.ts'

export type AlertSeverity = 'info' | 'warning' | 'critical'
export type AlertState = 'firing' | 'resolved'

/** What a detector says when it notices something. */
export interface AlertReport {
  /** One line that a person understands without knowing the detector: `error rate 14 % (usually 0.4 %)`. */
  title: string
  severity: AlertSeverity
  /** Event time in Unix epoch milliseconds. */
  time: number
  /**
   * What sets this alert apart from others of the same rule and group, such as the id of a template. Alerts that agree
   * in rule, group and key are one alert that goes on.
   */
  key?: string
  /** `resolved` ends the alert; `firing` if left out. */
  state?: AlertState
  /**
   * The detector reports `resolved` by itself when it is over. Alerts without it are events: the host resolves them
   * when they have not been reported again for `resolve_after`.
   */
  resolves?: boolean
  /** What was seen, and what would have been usual; with the unit in words. */
  observed?: AttributeValue
  expected?: AttributeValue
  /** How unusual: 0 to 1, or a z-score where the detector says so in its evidence. */
  score?: number
  /** Figures behind the verdict, for people: `{ window: '1m', z: 8.2 }`. */
  evidence?: AttributeMap
  /** Lines that show it, a few. */
  samples?: string[]
  /** Beginning and end of what was looked at, Unix epoch milliseconds. */
  windowStart?: number
  windowEnd?: number
}

/** An alert as exporters see it. */
export interface Alert extends AlertReport {
  /** Derived from content and event time: the same after a replay. An idempotency key. */
  id: string
  /** The same for every occurrence of one alert: rule, group and key. */
  fingerprint: string
  /** Id of the detector: `rate/5xx`. */
  rule: string
  state: AlertState
  /** Values of `group_by`, by path. */
  group: AttributeMap
  /** When this alert began firing. */
  startedAt: number
  /** How often it was reported since it began firing. */
  count: number
  /** Of an incident: the alerts that it is made of, in the order in which they began. */
  alerts?: ContributingAlert[]
}

/** An alert as part of an incident. */
export type ContributingAlert = Pick<
  Alert,
  'id' | 'fingerprint' | 'rule' | 'severity' | 'state' | 'title' | 'startedAt' | 'group'
>

export const alertEventName = 'weir.alert'

const severityNumbers = { info: Severity.INFO, warning: Severity.WARN, critical: Severity.ERROR2 } as const

/** Attributes of an alert, in the order in which they are written. */
const fields = [
  ...['id', 'fingerprint', 'rule', 'state', 'severity', 'key', 'group', 'started_at', 'count', 'observed', 'expected'],
  ...['score', 'evidence', 'samples', 'window_start', 'window_end'],
]

/** A layout for batches of alerts: an alert is then written the same, whatever alerts came before it. */
export function alertLayout(): Layout {
  const layout = new Layout()
  for (const name of fields) layout.addAttribute(`alert.${name}`)
  return layout
}

/** Appends an alert to a batch of signal `alerts`, as a record. */
export function appendAlert(batch: LogBatch, alert: Alert): Record {
  const record = batch.append()
  record.time = alert.time
  record.severityNumber = severityNumbers[alert.severity]
  record.severityText = alert.severity
  record.body = alert.title
  record.eventName = alertEventName
  const set = (name: string, value: AttributeValue | undefined) => {
    if (value !== undefined) record.attributes.set(`alert.${name}`, value)
  }
  set('id', alert.id)
  set('fingerprint', alert.fingerprint)
  set('rule', alert.rule)
  set('state', alert.state)
  set('severity', alert.severity)
  set('key', alert.key)
  set('group', alert.group)
  set('started_at', alert.startedAt)
  set('count', alert.count)
  set('observed', alert.observed)
  set('expected', alert.expected)
  set('score', alert.score)
  set('evidence', alert.evidence)
  set('samples', alert.samples)
  set('window_start', alert.windowStart)
  set('window_end', alert.windowEnd)
  set(
    'alerts',
    alert.alerts?.map(({ startedAt, ...rest }) => ({ ...rest, started_at: startedAt })),
  )
  return record
}

const severityFrom = (word: AttributeValue | undefined): AlertSeverity =>
  word === 'info' || word === 'critical' ? word : 'warning'

function contributingAlert(value: AttributeValue): ContributingAlert[] {
  if (!isMap(value)) return []
  const text = (name: string) => String(value[name] ?? '')
  const { severity, state, started_at: startedAt, group = {} } = value
  return [
    {
      ...{ id: text('id'), fingerprint: text('fingerprint'), rule: text('rule'), title: text('title') },
      ...{ severity: severityFrom(severity), state: state === 'resolved' ? 'resolved' : 'firing' },
      ...{ startedAt: Number(startedAt), group: isMap(group) ? group : {} },
    },
  ]
}

const isMap = (value: AttributeValue | undefined): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The alert that a record is, or `undefined` if it is none. */
export function asAlert(record: Record): Alert | undefined {
  if (record.eventName !== alertEventName) return undefined
  const get = (name: string) => record.attributes.get(`alert.${name}`)
  const text = (name: string) => String(get(name) ?? '')
  const number = (name: string): number | undefined => {
    const value = get(name)
    return typeof value === 'number' ? value : undefined
  }
  const group = get('group')
  const evidence = get('evidence')
  const samples = get('samples')
  const alerts = get('alerts')
  const alert: Alert = {
    id: text('id'),
    fingerprint: text('fingerprint'),
    rule: text('rule'),
    state: text('state') === 'resolved' ? 'resolved' : 'firing',
    severity: severityFrom(get('severity')),
    title: String(record.body ?? ''),
    time: record.time,
    group: isMap(group) ? group : {},
    startedAt: number('started_at') ?? record.time,
    count: number('count') ?? 1,
  }
  const optional: Partial<Alert> = {
    key: get('key') === undefined ? undefined : text('key'),
    observed: get('observed'),
    expected: get('expected'),
    score: number('score'),
    evidence: isMap(evidence) ? evidence : undefined,
    samples: Array.isArray(samples) ? samples.map(String) : undefined,
    windowStart: number('window_start'),
    windowEnd: number('window_end'),
    alerts: Array.isArray(alerts) ? alerts.flatMap(contributingAlert) : undefined,
  } as Partial<Alert>
  for (const [name, value] of Object.entries(optional)) if (value !== undefined) Reflect.set(alert, name, value)
  return alert
}
