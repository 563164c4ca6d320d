import { type Alert, type AttributeMap, appendAlert, asAlert, attributeMap, LogBatch, type Record } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** An alert as the record that conditions read. */
export const recordOf = (alert: Alert): Record => appendAlert(new LogBatch({ signal: 'alerts', capacity: 1 }), alert)

/** An alert as JSON, by way of its record. */
export function savedAlert(alert: Alert): AttributeMap {
  const { attributes } = recordOf(alert)
  return { time: alert.time, title: alert.title, attributes: attributes.toMap() }
}

/** `undefined` if it is none. */
export function alertFrom(saved: Saved): Alert | undefined {
  const attributes = attributeMap(Object.entries(saved.map('attributes')))
  if (attributes['alert.id'] === undefined) return undefined
  const record = new LogBatch({ signal: 'alerts', capacity: 1 }).append()
  record.time = saved.number('time', 0)
  record.body = saved.text('title')
  record.eventName = 'weir.alert'
  for (const [name, value] of Object.entries(attributes)) record.attributes.set(name, value)
  return asAlert(record)
}
