import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import {
  type AttributeMap,
  type AttributeValue,
  attributeMap,
  type FieldName,
  LogBatch,
  Record,
  type Scope,
  type Signal,
} from '@weir/sdk'

/** Names the form of a line, so that later versions can tell. */
const format = 'dead_letter/1'

/** Why records could not go on. */
export interface Refusal {
  /** Kind and id of the component that gave them up: `exporter/webhook`. */
  readonly component: string
  readonly reason: string
  /** What it said about it. */
  readonly error?: string
  readonly attempts?: number
  /** Unix epoch in milliseconds. */
  readonly time: number
}

/** A record that could not go on, as it stands in a file: all of it, and why. */
export interface DeadLetter extends Refusal {
  readonly id: string
  readonly signal: Signal
  readonly source: string
  readonly observedTime: number
  readonly resource: AttributeMap
  readonly scope: Scope | undefined
  readonly record: DeadRecord
}

interface DeadRecord {
  readonly time?: number
  readonly timeRemainder?: number
  readonly severityNumber?: number
  /** The line as it came, if it was one. */
  readonly line?: string
  /** Left out where it is the line. */
  readonly body?: AttributeValue
  readonly fields?: { readonly [name in FieldName]?: AttributeValue }
  readonly attributes: AttributeMap
}

const fieldNames: readonly FieldName[] = ['severityText', 'traceId', 'spanId', 'flags', 'eventName']
const maxErrorLength = 2000

/** A line of JSON for each record, to be read by `readDeadLetter`. */
export function writeDeadLetters(batch: LogBatch, refusal: Refusal): string {
  const { time, error, ...why } = refusal
  const run = randomUUID()
  const observed = Number.isNaN(batch.observedTime) ? {} : { observedTime: batch.observedTime }
  let text = ''
  let index = 0
  batch.forEach((record) => {
    text += `${JSON.stringify({
      weir: format,
      id: `${run}/${index++}`,
      time: new Date(time).toISOString(),
      ...why,
      ...(error === undefined ? {} : { error: error.slice(0, maxErrorLength) }),
      signal: batch.signal,
      source: batch.source,
      ...observed,
      resource: batch.resource,
      ...(batch.scope === undefined ? {} : { scope: batch.scope }),
      record: written(record),
    })}\n`
  })
  return text
}

function written(record: Record): DeadRecord {
  const { batch, row, time, timeRemainder, severityNumber, line, body } = record
  const fields = fieldNames.flatMap((name) => {
    const value = batch.value(row, batch.layout.field(name))
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...(Number.isNaN(time) ? {} : { time }),
    ...(timeRemainder === 0 ? {} : { timeRemainder }),
    ...(severityNumber === 0 ? {} : { severityNumber }),
    ...(line === '' ? {} : { line }),
    ...(body === undefined || (line !== '' && body === line) ? {} : { body }),
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
    attributes: record.attributes.toMap(),
  }
}

/** The dead letter of a line; `undefined` if it is none, such as one that a crash has cut off. */
export function readDeadLetter(line: string): DeadLetter | undefined {
  try {
    const { weir, time, observedTime = Number.NaN, ...letter } = JSON.parse(line)
    const isComplete = typeof letter.id === 'string' && typeof letter.component === 'string' && letter.record
    if (weir !== format || !isComplete) return undefined
    return { ...letter, time: Date.parse(time), observedTime }
  } catch {
    return undefined
  }
}

/** The records of letters that belong together: see `isAlike`. */
export function batchOfLetters(letters: readonly DeadLetter[]): LogBatch {
  const [first] = letters
  const lines = letters.map(({ record }) => record.line ?? '')
  const batch = new LogBatch({
    capacity: letters.length,
    ...(first === undefined ? {} : { signal: first.signal, source: first.source, observedTime: first.observedTime }),
    resource: attributeMap(Object.entries(first?.resource ?? {})),
    ...(first?.scope === undefined ? {} : { scope: first.scope }),
  })
  batch.bytes = Buffer.from(lines.join(''))
  const record = new Record(batch)
  let at = 0
  for (const { record: dead } of letters) {
    const { line = '', body, fields = {}, attributes, time = Number.NaN, timeRemainder = 0, severityNumber = 0 } = dead
    const end = at + Buffer.byteLength(line)
    record.at(line === '' ? batch.addRow() : batch.addLine(at, end))
    at = end
    record.time = time
    record.timeRemainder = timeRemainder
    record.severityNumber = severityNumber
    if (body !== undefined) record.body = body
    for (const name of fieldNames) {
      const value = fields[name]
      if (value !== undefined) batch.setValue(record.row, batch.layout.addField(name), value)
    }
    for (const [name, value] of Object.entries(attributes)) record.attributes.set(name, value)
  }
  return batch
}

/** Tells letters apart that cannot be in one batch. */
export const kinship = ({ component, signal, source, observedTime, resource, scope }: DeadLetter): string =>
  JSON.stringify([component, signal, source, observedTime, resource, scope])

/** A refusal as attributes, for records that go on in a pipeline of dead letters. */
export const refusalAttributes = (refusal: Refusal, signal: Signal): AttributeMap => {
  const { component, reason, error, attempts, time } = refusal
  return {
    'weir.dead_letter.component': component,
    'weir.dead_letter.reason': reason,
    'weir.dead_letter.time': new Date(time).toISOString(),
    ...(error === undefined ? {} : { 'weir.dead_letter.error': error.slice(0, maxErrorLength) }),
    ...(attempts === undefined ? {} : { 'weir.dead_letter.attempts': attempts }),
    ...(signal === 'logs' ? {} : { 'weir.dead_letter.signal': signal }),
  }
}
