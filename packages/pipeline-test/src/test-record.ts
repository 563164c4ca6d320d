import { type Alert, attributeMap, type LogBatch, type Record } from '@weir/sdk'
import type { AlertSpec, RecordSpec } from './test-schema.ts'
import { readTime, writeTime } from './test-time.ts'

/** A record as a test would write it. What it does not have is left out. */
export function writtenRecord(record: Record): RecordSpec {
  const { time, timeRemainder, severityNumber, severityText, body, traceId, spanId, eventName } = record
  const attributes = record.attributes.toMap()
  return {
    ...(Number.isFinite(time) ? { time: writeTime({ ms: time, remainder: timeRemainder }) } : {}),
    ...(severityNumber === 0 ? {} : { severityNumber }),
    ...(severityText === '' ? {} : { severityText }),
    ...(body === undefined ? {} : { body }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(Object.keys(record.resource).length === 0 ? {} : { resource: record.resource }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...(eventName === undefined ? {} : { eventName }),
  }
}

/** An alert as a test would write it. */
export const writtenAlert = ({ rule, severity, title, time, state, group }: Alert): AlertSpec => ({
  rule,
  severity,
  title,
  ...(Number.isFinite(time) ? { time: writeTime({ ms: time, remainder: 0 }) } : {}),
  state,
  ...(Object.keys(group).length === 0 ? {} : { group }),
})

/** What a test has written, in the form in which `writtenRecord` and `writtenAlert` write. */
export function canonical<Spec extends RecordSpec | AlertSpec>(spec: Spec): Spec {
  const time = spec.time === undefined ? undefined : readTime(spec.time)
  return time === undefined ? spec : { ...spec, time: writeTime(time) }
}

/** Adds the record that a test has written to a batch, whose resource is the record's. */
export function appendRecord(batch: LogBatch, spec: RecordSpec): void {
  const record = batch.append()
  const { time, severityNumber, severityText, body, traceId, spanId, eventName } = spec
  const at = time === undefined ? undefined : readTime(time)
  if (at !== undefined) {
    record.time = at.ms
    record.timeRemainder = at.remainder
  }
  if (severityNumber !== undefined) record.severityNumber = severityNumber
  if (severityText !== undefined) record.severityText = severityText
  if (body !== undefined) record.body = body
  if (traceId !== undefined) record.traceId = traceId
  if (spanId !== undefined) record.spanId = spanId
  if (eventName !== undefined) record.eventName = eventName
  const attributes = attributeMap(Object.entries(spec.attributes ?? {}))
  for (const name of Object.keys(attributes)) record.attributes.set(name, attributes[name] ?? null)
}
