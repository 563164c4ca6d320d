import type { LogBatch } from './batch.ts'
import type { Layout } from './layout.ts'
import { Record } from './record.ts'
import type { AttributeMap, AttributeValue } from './value.ts'

/** Reads one field of a record. */
export type FieldReader = (record: Record) => AttributeValue | undefined

/** Whether a value is a map. */
export const isMap = (value: AttributeValue | undefined): value is AttributeMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Follows a dotted path into nested maps; at each step the longest flat key wins. */
export function readPath(value: AttributeValue | undefined, path: string): AttributeValue | undefined {
  if (!isMap(value)) return undefined
  if (Object.hasOwn(value, path)) return value[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const head = path.slice(0, dot)
    if (Object.hasOwn(value, head)) {
      const found = readPath(value[head], path.slice(dot + 1))
      if (found !== undefined) return found
    }
  }
  return undefined
}

interface Candidate {
  slot: number
  rest: string
}

/** The columns in which an attribute path can be found, longest name first. */
const candidatesOf = (layout: Layout, path: string): Candidate[] => {
  const found: Candidate[] = []
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const slot = layout.attribute(path.slice(0, end))
    if (slot >= 0) found.push({ slot, rest: path.slice(end + 1) })
  }
  return found
}

function attributeReader(path: string): FieldReader {
  let layout: Layout | undefined
  let size = -1
  let candidates: Candidate[] = []
  return (record) => {
    const { batch } = record
    if (batch.layout !== layout || layout.size !== size) {
      layout = batch.layout
      size = layout.size
      candidates = candidatesOf(layout, path)
    }
    for (const { slot, rest } of candidates) {
      const value = batch.value(record.row, slot)
      const found = rest === '' ? value : readPath(value, rest)
      if (found !== undefined) return found
    }
    return readPath(batch.attributes, path)
  }
}

/** The fields of a record that a path or a condition can begin with. */
export const rootFields = [
  'attributes',
  'body',
  'eventName',
  'observedTime',
  'resource',
  'severityNumber',
  'severityText',
  'spanId',
  'time',
  'traceId',
] as const

/**
 * A reader for a dotted path: `attributes.url.path`, `body`, `body.user.id`, `resource.service.name`, `severityText`.
 * Flat and nested keys read alike. A path that begins with none of `rootFields` is taken as an attribute's.
 */
export function fieldReader(path: string): FieldReader {
  const dot = path.indexOf('.')
  const root = dot < 0 ? path : path.slice(0, dot)
  const rest = dot < 0 ? '' : path.slice(dot + 1)
  switch (root) {
    case 'attributes':
      return rest === '' ? (record) => record.attributes.toMap() : attributeReader(rest)
    case 'resource':
      return (record) => (rest === '' ? record.resource : readPath(record.resource, rest))
    case 'body':
      return rest === '' ? (record) => record.body : (record) => readPath(record.body, rest)
    case 'eventName':
    case 'observedTime':
    case 'severityNumber':
    case 'severityText':
    case 'spanId':
    case 'time':
    case 'traceId':
      return (record) => record[root]
    default:
      return attributeReader(path)
  }
}

/** Reads a field of every record that counts. */
export const readColumn = (batch: LogBatch, reader: FieldReader): (AttributeValue | undefined)[] => {
  const record = new Record(batch)
  return Array.from({ length: batch.length }, (_, index) => reader(record.at(batch.rowAt(index))))
}
