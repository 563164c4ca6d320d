import { WeirError } from './errors.ts'
import { isMap, readPath, rootFields } from './field.ts'
import { bodySlot, type Layout } from './layout.ts'
import type { Record } from './record.ts'
import { severityOf } from './severity.ts'
import { type AttributeMap, type AttributeValue, attributeMap } from './value.ts'

/** Writes one field of a record; `undefined` removes it. */
export type FieldWriter = (record: Record, value: AttributeValue | undefined) => void

/**
 * A writer for a dotted path, the counterpart of `fieldReader`: where a path reads a value within a map
 * (`attributes.user.id` of an attribute `user`), that value is replaced; else an attribute of that whole name is set.
 * A part of the body can be set where the body is a map or nothing. What a field cannot hold (a severity that is no
 * number, a time that is none) leaves it as it is.
 * @throws WeirError `WEIR_FIELD_READ_ONLY` for `resource` and `observedTime`, which a whole batch shares
 */
export function fieldWriter(path: string): FieldWriter {
  const dot = path.indexOf('.')
  const root = dot < 0 ? path : path.slice(0, dot)
  const rest = dot < 0 ? '' : path.slice(dot + 1)
  if (root === 'attributes') return rest === '' ? writeAttributes : attributeWriter(rest)
  if (root === 'body') return rest === '' ? writeBody : bodyWriter(rest)
  if (!rootFields.some((field) => field === root)) return attributeWriter(path)
  const write = rest === '' ? fieldWriters[root] : undefined
  if (write !== undefined) return write
  throw new WeirError(`${JSON.stringify(path)} cannot be set for one record`, { code: 'WEIR_FIELD_READ_ONLY' })
}

/**
 * Finds the slot of a layout that is the field of a path as a whole: the body, or an attribute of that very name. It
 * gives -1 where there is none, or the path may lead into a map.
 */
export function fieldSlot(path: string): (layout: Layout) => number {
  if (path === 'body') return () => bodySlot
  const [root = ''] = path.split('.', 1)
  if (root !== 'attributes' && rootFields.some((field) => field === root)) return () => -1
  const name = root === 'attributes' ? path.slice(root.length + 1) : path
  return (layout) => layout.attribute(name)
}

const writeBody: FieldWriter = (record, value) => {
  record.body = value
}

const writeAttributes: FieldWriter = (record, value) => {
  if (value !== undefined && !isMap(value)) return
  for (const [name] of [...record.attributes.entries()]) record.attributes.delete(name)
  for (const [name, item] of Object.entries(value ?? {})) record.attributes.set(name, item)
}

const numberOf = (value: AttributeValue | undefined): number =>
  typeof value === 'string' && value.trim() !== '' ? Number(value) : typeof value === 'number' ? value : Number.NaN

const fieldWriters: { readonly [field: string]: FieldWriter } = {
  severityText(record, value) {
    if (value === undefined) record.batch.setValue(record.row, record.batch.layout.addField('severityText'), value)
    else if (typeof value === 'string') record.severityText = value
  },
  severityNumber(record, value) {
    const number = typeof value === 'string' ? severityOf(value) || numberOf(value) : numberOf(value ?? 0)
    if (number >= 0 && number <= 24) record.severityNumber = Math.trunc(number)
  },
  time(record, value) {
    const ms = typeof value === 'string' ? Date.parse(value) : numberOf(value)
    if (Number.isNaN(ms) && value !== undefined) return
    record.time = ms
    record.timeRemainder = 0
  },
  traceId(record, value) {
    if (value === undefined || typeof value === 'string') record.traceId = value
  },
  spanId(record, value) {
    if (value === undefined || typeof value === 'string') record.spanId = value
  },
  eventName(record, value) {
    if (value === undefined || typeof value === 'string') record.eventName = value
  },
}

function bodyWriter(path: string): FieldWriter {
  return (record, value) => {
    const { body } = record
    if (isMap(body)) record.body = changed(body, path, value)
    else if ((body ?? null) === null && value !== undefined) record.body = changed(attributeMap(), path, value)
  }
}

function attributeWriter(path: string): FieldWriter {
  return (record, value) => {
    const { attributes } = record
    if (path.includes('.') && !attributes.has(path)) {
      for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
        const map = attributes.get(path.slice(0, dot))
        if (!isMap(map) || readPath(map, path.slice(dot + 1)) === undefined) continue
        attributes.set(path.slice(0, dot), changed(map, path.slice(dot + 1), value))
        return
      }
    }
    if (value === undefined) attributes.delete(path)
    else attributes.set(path, value)
  }
}

/** A map in which what a path reads is another value; the map itself stays as it is. */
function changed(map: AttributeMap, path: string, value: AttributeValue | undefined): AttributeMap {
  const copy = attributeMap(Object.entries(map))
  if (!Object.hasOwn(map, path)) {
    for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
      const inner = map[path.slice(0, dot)]
      if (!Object.hasOwn(map, path.slice(0, dot)) || !isMap(inner)) continue
      copy[path.slice(0, dot)] = changed(inner, path.slice(dot + 1), value)
      return copy
    }
  }
  if (value === undefined) delete copy[path]
  else copy[path] = value
  return copy
}
