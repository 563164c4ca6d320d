import type { LogBatch } from '../batch.ts'
import type { Record } from '../record.ts'
import type { AttributeMap, AttributeValue } from '../value.ts'

/** A record as a plain object, to compare with. What a record does not have is left out. */
export interface PlainRecord {
  time?: number
  timeRemainder?: number
  severityNumber?: number
  severityText?: string
  body?: AttributeValue
  traceId?: string
  spanId?: string
  eventName?: string
  attributes: AttributeMap
}

export function plainRecord(record: Record): PlainRecord {
  const plain: PlainRecord = { attributes: { ...record.attributes.toMap() } }
  if (!Number.isNaN(record.time)) plain.time = record.time
  if (record.timeRemainder !== 0) plain.timeRemainder = record.timeRemainder
  if (record.severityNumber !== 0) plain.severityNumber = record.severityNumber
  if (record.severityText !== '') plain.severityText = record.severityText
  if (record.body !== undefined) plain.body = record.body
  if (record.traceId !== undefined) plain.traceId = record.traceId
  if (record.spanId !== undefined) plain.spanId = record.spanId
  if (record.eventName !== undefined) plain.eventName = record.eventName
  return plain
}

export const plainRecords = (batch: LogBatch): PlainRecord[] => Array.from(batch, plainRecord)
