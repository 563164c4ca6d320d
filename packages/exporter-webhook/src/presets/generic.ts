import { type Alert, asAlert, isoTime, type Record } from '@weir/sdk'
import type { Preset } from './preset.ts'

type Entry = { readonly alert: object } | { readonly record: object }

/** An alert with its times in RFC 3339. */
function alertData({ time, startedAt, windowStart, windowEnd, ...rest }: Alert): object {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : isoTime(ms))
  return {
    ...rest,
    time: iso(time),
    startedAt: iso(startedAt),
    windowStart: iso(windowStart),
    windowEnd: iso(windowEnd),
  }
}

/** A record with the names of OTel's log data model, as in NDJSON. */
const recordData = (record: Record): object => ({
  time: isoTime(record.time),
  severityNumber: record.severityNumber || undefined,
  severityText: record.severityText || undefined,
  body: record.body,
  traceId: record.traceId,
  spanId: record.spanId,
  eventName: record.eventName,
  attributes: record.attributes.toMap(),
  resource: record.resource,
})

/** All that Weir knows: `{"alerts": […]}`, `{"records": […]}`, or both. */
export const generic: Preset<Entry> = {
  maxPerRequest: 100,
  read: (record) => {
    const alert = asAlert(record)
    return alert === undefined ? { record: recordData(record) } : { alert: alertData(alert) }
  },
  payload: (entries) => {
    const alerts = entries.flatMap((entry) => ('alert' in entry ? [entry.alert] : []))
    const records = entries.flatMap((entry) => ('record' in entry ? [entry.record] : []))
    return { ...(alerts.length > 0 ? { alerts } : {}), ...(records.length > 0 ? { records } : {}) }
  },
}
