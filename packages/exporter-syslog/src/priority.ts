import { type AttributeValue, type Record, Severity } from '@weir/sdk'

/** Names of the facilities by their number (RFC 5424, table 1), as the parser `syslog` writes them. */
export const facilities = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const

export type Facility = (typeof facilities)[number]

const notice = 5
const maxPriority = 191

/**
 * The severity of syslog that a severity number stands for; `notice` for none, as the Collector has it.
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings
 */
function syslogSeverity(severityNumber: number): number {
  if (severityNumber >= Severity.FATAL) return 0
  if (severityNumber >= Severity.ERROR3) return 1
  if (severityNumber >= Severity.ERROR2) return 2
  if (severityNumber >= Severity.ERROR) return 3
  if (severityNumber >= Severity.WARN) return 4
  if (severityNumber >= Severity.INFO2) return notice
  if (severityNumber >= Severity.INFO) return 6
  return severityNumber >= Severity.TRACE ? 7 : notice
}

const inRange = (value: AttributeValue | undefined, max: number): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= max ? number : undefined
}

/** The priority of a record: its own if it has one that can be, else of its facility and severity. */
export function priorityOf(record: Record, facility: Facility): number {
  const own = inRange(record.attributes.get('priority'), maxPriority)
  if (own !== undefined) return own
  const code = inRange(record.attributes.get('facility'), facilities.length - 1) ?? facilities.indexOf(facility)
  return code * 8 + syslogSeverity(record.severityNumber)
}
