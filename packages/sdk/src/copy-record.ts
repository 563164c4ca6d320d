import type { FieldName } from './layout.ts'
import type { Record } from './record.ts'

const fields: readonly FieldName[] = ['severityText', 'traceId', 'spanId', 'flags', 'eventName']

/**
 * Copies what a parser has found in a line to a record on the same line, of another batch: time, severity, fields,
 * attributes, and the body where it is not the line.
 */
export function copyRecord(from: Record, to: Record): void {
  to.time = from.time
  to.timeRemainder = from.timeRemainder
  to.severityNumber = from.severityNumber
  const { body } = from
  if (body !== from.line) to.body = body
  for (const name of fields) {
    const value = from.batch.value(from.row, from.batch.layout.field(name))
    if (value !== undefined) to.batch.setValue(to.row, to.batch.layout.addField(name), value)
  }
  for (const { name, slot } of from.batch.layout.attributes) {
    const value = from.batch.value(from.row, slot)
    if (value !== undefined) to.attributes.set(name, value)
  }
}
