import { Buffer } from 'node:buffer'
import { type AttributeMap, type AttributeValue, type LogBatch, Record } from '@weir/sdk'
import { nanosecondDigits } from './nanoseconds.ts'

/** Levels of lists and maps beyond which a value is written as null, as in protobuf. */
const maxDepth = 32

/**
 * The records `from`…`to` of those that count as an `ExportLogsServiceRequest` in OTLP's JSON.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function encodeJson(batch: LogBatch, from: number, to: number): Buffer {
  const { resource, scope } = batch
  const record = new Record(batch)
  const logRecords: object[] = []
  for (let index = from; index < to; index++) logRecords.push(jsonRecord(record.at(batch.rowAt(index))))
  const scopeJson = scope && { ...scope, attributes: pairs(Object.entries(scope.attributes ?? {}), 0) }
  const scopeLogs = [{ ...(scopeJson === undefined ? {} : { scope: scopeJson }), logRecords }]
  const request = { resourceLogs: [{ resource: { attributes: pairs(Object.entries(resource), 0) }, scopeLogs }] }
  return Buffer.from(JSON.stringify(request))
}

function jsonRecord(record: Record): object {
  const { batch, row, body, traceId, spanId, flags, eventName, severityNumber } = record
  const severityText = batch.value(row, batch.layout.field('severityText'))
  return {
    timeUnixNano: nanosecondDigits(record.time, record.timeRemainder),
    observedTimeUnixNano: nanosecondDigits(record.observedTime, 0),
    ...(severityNumber === 0 ? {} : { severityNumber }),
    ...(typeof severityText === 'string' && severityText !== '' ? { severityText } : {}),
    ...(body === undefined ? {} : { body: anyValue(body, 0) }),
    attributes: pairs([...record.attributes.entries()], 0),
    ...(flags === 0 ? {} : { flags }),
    ...(traceId === undefined || !/^[\da-f]{32}$/i.test(traceId) ? {} : { traceId }),
    ...(spanId === undefined || !/^[\da-f]{16}$/i.test(spanId) ? {} : { spanId }),
    ...(eventName === undefined || eventName === '' ? {} : { eventName }),
  }
}

const pairs = (entries: readonly (readonly [string, AttributeValue])[], depth: number): object[] =>
  entries.map(([key, value]) => ({ key, value: anyValue(value, depth) }))

function anyValue(value: AttributeValue, depth: number): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { intValue: String(value) }
      return { doubleValue: Number.isFinite(value) && !Object.is(value, -0) ? value : doubleText(value) }
    default:
      return value === null || depth >= maxDepth ? {} : nested(value, depth + 1)
  }
}

/** Doubles that JSON has no number for are strings. */
const doubleText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

const nested = (value: AttributeValue[] | AttributeMap, depth: number): object =>
  Array.isArray(value)
    ? { arrayValue: { values: value.map((item) => anyValue(item, depth)) } }
    : { kvlistValue: { values: pairs(Object.entries(value), depth) } }
