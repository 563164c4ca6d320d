import { Buffer } from 'node:buffer'
import { type AttributeMap, type AttributeValue, attributeMap, LogBatch, type Record, type Scope } from '@weir/sdk'
import {
  type Arrival,
  knownSeverity,
  type LogsRequest,
  maxAttributes,
  maxRows,
  programOf,
  scopeOf,
  sourceOf,
} from './logs-request.ts'
import { MalformedError, maxDepth } from './malformed.ts'

interface JsonObject {
  readonly [key: string]: unknown
}

const digitsBelowMs = 6

/**
 * An `ExportLogsServiceRequest` in OTLP's JSON: keys in lowerCamelCase, ids in hexadecimal, enums as numbers, 64-bit numbers as
 * numbers or strings; keys that it does not know are passed over.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export class JsonRequest implements LogsRequest {
  rejected = 0
  readonly #batches: LogBatch[] = []

  /** @throws MalformedError */
  constructor(bytes: Buffer, arrival: Arrival) {
    const request = objectAt(parsed(bytes), 'the request')
    for (const resourceLogs of objectsAt(request.resourceLogs, 'resourceLogs'))
      this.#resourceLogs(resourceLogs, arrival)
    for (const batch of this.#batches) if (Number.isNaN(batch.observedTime)) batch.observedTime = arrival.time
  }

  batches(): Iterable<LogBatch> {
    return this.#batches
  }

  #resourceLogs(resourceLogs: JsonObject, arrival: Arrival): void {
    const { attributes } = optionalObject(resourceLogs.resource, 'resource')
    const resource = pairsAt(attributes, 'resource.attributes', 0)
    const source = sourceOf(arrival.componentId, resource)
    for (const scopeLogs of objectsAt(resourceLogs.scopeLogs, 'scopeLogs')) {
      const given = optionalObject(scopeLogs.scope, 'scope')
      const scope = scopeOf(
        textAt(given.name, 'scope.name'),
        textAt(given.version, 'scope.version'),
        pairsAt(given.attributes, 'scope.attributes', 0),
      )
      this.#records(objectsAt(scopeLogs.logRecords, 'logRecords'), { resource, source, scope }, arrival)
    }
  }

  #records(
    records: readonly JsonObject[],
    { resource, source, scope }: { resource: AttributeMap; source: string; scope: Scope | undefined },
    { programs }: Arrival,
  ): void {
    let batch: LogBatch | undefined
    for (const [index, record] of records.entries()) {
      if (batch === undefined || batch.isFull) {
        const { layout } = programs.keysOf(programOf(resource, scope))
        batch = new LogBatch({
          ...{ capacity: Math.min(maxRows, records.length - index), layout, resource, source },
          ...(scope === undefined ? {} : { scope }),
        })
        this.#batches.push(batch)
      }
      this.#record(record, batch)
    }
  }

  #record(json: JsonObject, batch: LogBatch): void {
    const attributes = objectsAt(json.attributes, 'attributes')
    if (attributes.length > maxAttributes) {
      this.rejected++
      return
    }
    const record = batch.append()
    const time = timeAt(json.timeUnixNano, 'timeUnixNano')
    const observed = timeAt(json.observedTimeUnixNano, 'observedTimeUnixNano')
    const { ms, remainder } = time ?? observed ?? { ms: Number.NaN, remainder: 0 }
    record.time = ms
    record.timeRemainder = remainder
    if (Number.isNaN(batch.observedTime)) batch.observedTime = observed?.ms ?? Number.NaN
    record.severityNumber = knownSeverity(numberAt(json.severityNumber, 'severityNumber'))
    const severityText = textAt(json.severityText, 'severityText')
    if (severityText !== '') record.severityText = severityText
    const eventName = textAt(json.eventName, 'eventName')
    if (eventName !== '') record.eventName = eventName
    const flags = numberAt(json.flags, 'flags')
    if (flags > 0) record.flags = flags
    setIds(record, json)
    if (json.body !== undefined && json.body !== null) record.body = valueAt(json.body, 'body', 0)
    for (const pair of attributes)
      record.attributes.set(textAt(pair.key, 'key'), valueAt(pair.value, 'the value of an attribute', 0))
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new MalformedError(`no valid JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function setIds(record: Record, json: JsonObject): void {
  const traceId = idAt(json.traceId, 'traceId', 32)
  if (traceId !== undefined) record.traceId = traceId
  const spanId = idAt(json.spanId, 'spanId', 16)
  if (spanId !== undefined) record.spanId = spanId
}

const wrong = (what: string, expected: string) => new MalformedError(`${what} is not ${expected}`)

function objectAt(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'an object')
  return { ...value }
}

const optionalObject = (value: unknown, what: string): JsonObject =>
  value === undefined || value === null ? {} : objectAt(value, what)

function objectsAt(value: unknown, what: string): JsonObject[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw wrong(what, 'a list')
  return value.map((item) => objectAt(item, `what is in ${what}`))
}

function textAt(value: unknown, what: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw wrong(what, 'a string')
  return value
}

/** An integer of 32 bits, for which proto's JSON takes strings, too. */
function numberAt(value: unknown, what: string): number {
  if (value === undefined || value === null) return 0
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > 0xffff_ffff)
    throw wrong(what, 'an integer of 32 bits')
  return number
}

/** Nanoseconds as milliseconds and a remainder; undefined for 0 and for nothing. */
function timeAt(value: unknown, what: string): { ms: number; remainder: number } | undefined {
  if (value === undefined || value === null) return undefined
  const digits = typeof value === 'number' && Number.isInteger(value) ? BigInt(value).toString() : value
  if (typeof digits !== 'string' || !/^\d{1,20}$/.test(digits)) throw wrong(what, 'a time in nanoseconds')
  const ms = Number(digits.slice(0, -digitsBelowMs))
  const remainder = Number(digits.slice(-digitsBelowMs))
  return ms === 0 && remainder === 0 ? undefined : { ms, remainder }
}

/** An id in hexadecimal; one of another length, or of zeros alone, is none. */
function idAt(value: unknown, what: string, length: number): string | undefined {
  const text = textAt(value, what)
  if (!/^[\da-f]*$/i.test(text)) throw wrong(what, 'hexadecimal')
  return text.length === length && /[^0]/.test(text) ? text.toLowerCase() : undefined
}

function pairsAt(value: unknown, what: string, depth: number): AttributeMap {
  const map = attributeMap()
  for (const pair of objectsAt(value, what))
    map[textAt(pair.key, `a key of ${what}`)] = valueAt(pair.value, what, depth)
  return map
}

/** An `AnyValue`; an empty one is null. */
function valueAt(value: unknown, what: string, depth: number): AttributeValue {
  if (depth > maxDepth) throw new MalformedError(`values are nested more than ${maxDepth} levels deep`)
  const any = optionalObject(value, what)
  if (any.stringValue !== undefined) return textAt(any.stringValue, `stringValue of ${what}`)
  if (any.boolValue !== undefined) {
    if (typeof any.boolValue !== 'boolean') throw wrong(`boolValue of ${what}`, 'true or false')
    return any.boolValue
  }
  if (any.intValue !== undefined) return integerAt(any.intValue, `intValue of ${what}`)
  if (any.doubleValue !== undefined) return doubleAt(any.doubleValue, `doubleValue of ${what}`)
  if (any.arrayValue !== undefined) {
    const { values } = objectAt(any.arrayValue, `arrayValue of ${what}`)
    return objectsAt(values, 'values').map((item) => valueAt(item, what, depth + 1))
  }
  if (any.kvlistValue !== undefined) {
    const { values } = objectAt(any.kvlistValue, `kvlistValue of ${what}`)
    return pairsAt(values, what, depth + 1)
  }
  if (any.bytesValue !== undefined)
    return Buffer.from(textAt(any.bytesValue, `bytesValue of ${what}`), 'base64').toString('base64')
  return null
}

/** An integer of 64 bits; one that JavaScript's numbers cannot hold stays the digits that it was sent as. */
function integerAt(value: unknown, what: string): AttributeValue {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) throw wrong(what, 'an integer of 64 bits')
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function doubleAt(value: unknown, what: string): number {
  if (typeof value === 'number') return value
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(number) && value !== 'NaN') throw wrong(what, 'a number')
  return number
}
