import { type AttributeMap, type AttributeValue, attributeMap, type LogBatch, Record, type Scope } from '@weir/sdk'
import type { TimeText } from './time-text.ts'

/** A line that was parsed as JSON. */
export interface ParsedRecord {
  readonly resource: AttributeMap | undefined
  readonly scope: Scope | undefined
  readonly observedTime: number | undefined
  /** Whether it has nothing but a resource and a scope. */
  readonly isSharedOnly: boolean
  /** Writes the rest of it to a row. */
  fill(batch: LogBatch, row: number): void
}

const isMap = (value: unknown): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isScope = (value: unknown): value is AttributeMap & Scope =>
  isMap(value) && isText(value.name) && (value.version === undefined || isText(value.version))

/** What each member must be. */
const members = new Map<string, (value: unknown) => boolean>([
  ['time', isText],
  ['observedTime', isText],
  ['severityNumber', (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 24],
  ['severityText', isText],
  ['body', () => true],
  ['traceId', isText],
  ['spanId', isText],
  ['flags', (value) => typeof value === 'number'],
  ['eventName', isText],
  ['attributes', isMap],
  ['resource', isMap],
  ['scope', isScope],
])
const fields = ['severityText', 'traceId', 'spanId', 'flags', 'eventName'] as const

const plainMap = (value: AttributeMap): AttributeMap => attributeMap(Object.entries(value))

function objectOf(text: string): AttributeMap | undefined {
  try {
    const value: AttributeValue = JSON.parse(text)
    return isMap(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A record of OTel's data model as one JSON object, by the names of the SDK's `NdjsonEncoder`; undefined if it is none. */
export function parseRecord(text: string, time: TimeText): ParsedRecord | undefined {
  const object = objectOf(text)
  if (object === undefined) return undefined
  for (const [name, value] of Object.entries(object)) if (members.get(name)?.(value) !== true) return undefined
  const { resource, scope, observedTime, ...own } = object
  if (isText(observedTime) && !time.parse(observedTime)) return undefined
  const observedMs = isText(observedTime) ? time.ms : undefined
  const hasTime = isText(own.time)
  if (isText(own.time) && !time.parse(own.time)) return undefined
  const { ms, remainder } = time
  return {
    resource: isMap(resource) ? plainMap(resource) : undefined,
    scope: isScope(scope) ? scope : undefined,
    observedTime: observedMs,
    isSharedOnly: Object.keys(own).length === 0 && observedMs === undefined,
    fill(batch, row) {
      const record = new Record(batch).at(row)
      const severity = Number(own.severityNumber ?? 0)
      if (hasTime) record.time = ms
      if (hasTime && remainder !== 0) record.timeRemainder = remainder
      record.severityNumber = severity
      record.body = own.body
      for (const name of fields) {
        const value = own[name]
        if (value !== undefined) batch.setValue(row, batch.layout.addField(name), value)
      }
      if (severity > 0 && own.severityText === undefined) record.severityText = ''
      if (isMap(own.attributes)) {
        for (const [name, value] of Object.entries(own.attributes)) record.attributes.set(name, value)
      }
    },
  }
}
