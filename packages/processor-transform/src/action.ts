import { Buffer } from 'node:buffer'
import {
  type AttributeValue,
  Cell,
  endOf,
  type FieldReader,
  fieldReader,
  fieldSlot,
  fieldWriter,
  kindOf,
  type LogBatch,
  type Record,
  rootFields,
  textOf,
} from '@weir/sdk'
import type { Step } from './config.ts'

/** Changes a record. */
export type Action = (record: Record) => void

/** A field becomes what `change` makes of it; `undefined` leaves it as it is. */
export function changing(path: string, change: (value: AttributeValue) => AttributeValue | undefined): Action {
  const [read, write] = [fieldReader(path), fieldWriter(path)]
  return (record) => {
    const value = read(record)
    const changed = value === undefined ? undefined : change(value)
    if (changed !== undefined) write(record, changed)
  }
}

/** The same for texts. */
export const changingText = (path: string, change: (text: string) => AttributeValue): Action =>
  changing(path, (value) => (typeof value === 'string' ? change(value) : undefined))

export function setting(path: string, value: FieldReader): Action {
  const write = fieldWriter(path)
  return (record) => {
    const found = value(record)
    if (found !== undefined) write(record, found)
  }
}

export function deleting(path: string): Action {
  const write = fieldWriter(path)
  return (record) => write(record, undefined)
}

/** A whole column moves cell by cell: no value is made. */
export function renaming(path: string, to: string): Action {
  const [read, remove, write] = [fieldReader(path), fieldWriter(path), fieldWriter(to)]
  const name = attributeName(to)
  const slotOf = fieldSlot(path)
  return (record) => {
    const { batch, row } = record
    const from = slotOf(batch.layout)
    if (name !== undefined && from >= 0 && path !== to && moveCell(batch, row, from, name)) return
    const value = read(record)
    if (value === undefined) return
    remove(record, undefined)
    write(record, value)
  }
}

/** The name of the attribute that a path is, if it is one. */
function attributeName(path: string): string | undefined {
  const [root = ''] = path.split('.', 1)
  if (root === 'attributes') return path.slice(root.length + 1)
  return rootFields.some((field) => field === root) ? undefined : path
}

function moveCell(batch: LogBatch, row: number, from: number, name: string): boolean {
  if (from >= batch.stride) return false
  const to = batch.layout.addAttribute(name)
  if (to >= batch.stride) batch.widen()
  const { cells, stride } = batch
  const source = (row * stride + from) * 2
  const b = cells[source + 1] ?? Cell.ABSENT
  // What the whole batch has would show where the record's own has gone.
  if (b === Cell.ABSENT || Object.hasOwn(batch.attributes, batch.layout.columns[from]?.name ?? '')) return false
  const target = (row * stride + to) * 2
  cells[target] = cells[source] ?? 0
  cells[target + 1] = b
  cells[source + 1] = Cell.ABSENT
  return true
}

/** A text that is a range of the bytes gets a shorter range. */
export function truncating(path: string, maxBytes: number): Action {
  const cut = changingText(path, (text) => truncated(text, maxBytes))
  const slotOf = fieldSlot(path)
  return (record) => {
    const { batch, row } = record
    const slot = slotOf(batch.layout)
    const at = (row * batch.stride + slot) * 2
    const b = slot >= 0 && slot < batch.stride ? (batch.cells[at + 1] ?? Cell.ABSENT) : Cell.ABSENT
    if (kindOf(b) !== Cell.STRING) return cut(record)
    const start = batch.cells[at] ?? 0
    if (endOf(b) - start <= maxBytes) return
    batch.cells[at + 1] = Cell.STRING | characterStart(batch.bytes, start + maxBytes)
  }
}

function truncated(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.from(text)
  return bytes.length <= maxBytes ? text : bytes.toString('utf8', 0, characterStart(bytes, maxBytes))
}

/** The offset, or if it stands within a character of UTF-8, where that begins. */
function characterStart(bytes: Uint8Array, offset: number): number {
  let start = offset
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return start
}

const truths: { readonly [text: string]: boolean } = { true: true, false: false, '1': true, '0': false }

const conversions: {
  readonly [type in NonNullable<Step['type']>]: (value: AttributeValue) => AttributeValue | undefined
} = {
  int: (value) => finite(Math.trunc(numberOf(value))),
  double: (value) => finite(numberOf(value)),
  string: (value) => textOf(value),
  bool: (value) =>
    typeof value === 'boolean' ? value : typeof value === 'object' ? undefined : truths[String(value).toLowerCase()],
}

export const converting = (path: string, type: NonNullable<Step['type']>): Action => changing(path, conversions[type])

const finite = (value: number) => (Number.isFinite(value) ? value : undefined)

function numberOf(value: AttributeValue): number {
  if (typeof value === 'string') return value.trim() === '' ? Number.NaN : Number(value)
  return typeof value === 'object' ? Number.NaN : Number(value)
}
