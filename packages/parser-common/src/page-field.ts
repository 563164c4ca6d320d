import { bodySlot, Cell, type Record } from '@weir/sdk'
import { nine, zero } from './byte.ts'
import { page, pageText } from './page.ts'

const bytes = page
/** Digits that are a 32-bit integer, whatever they are. */
const maxDigits = 9

/** Offset after the digits that stand at `from`. */
export function afterDigits(from: number): number {
  let at = from
  while ((bytes[at] ?? 0) >= zero && (bytes[at] ?? 0) <= nine) at++
  return at
}

/** Whether a text of ASCII stands at `at`. */
export function isAt(text: string, at: number): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false
  return true
}

/** Offset of a text of ASCII that stands in `page[from…to)`, or -1. */
export function find(text: string, from: number, to: number): number {
  const first = text.charCodeAt(0)
  const last = to - text.length
  for (let at = from; at <= last; at++) if (bytes[at] === first && isAt(text, at)) return at
  return -1
}

/** Sets a cell of a record to a range of the page. */
function setRange({ batch, row }: Record, slot: number, from: number, to: number): void {
  if (slot >= batch.stride) batch.widen()
  const at = (row * batch.stride + slot) * 2
  batch.cells[at] = from
  batch.cells[at + 1] = Cell.STRING | to
}

export const setBody = (record: Record, from: number, to: number): void => setRange(record, bodySlot, from, to)

export const setSeverityText = (record: Record, from: number, to: number): void =>
  setRange(record, record.batch.layout.addField('severityText'), from, to)

export const setText = (record: Record, name: string, from: number, to: number): void =>
  setRange(record, record.batch.layout.addAttribute(name), from, to)

/** Sets an attribute to the number that the digits are. */
export function setDigits(record: Record, name: string, from: number, to: number): void {
  let value = 0
  if (to - from <= maxDigits) for (let at = from; at < to; at++) value = value * 10 + (bytes[at] ?? 0) - zero
  else value = Number(pageText(from, to))
  record.attributes.set(name, value)
}
