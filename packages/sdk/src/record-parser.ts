import { Buffer } from 'node:buffer'
import { LogBatch } from './batch.ts'
import { Cell, endOf, kindOf } from './cell.ts'
import { copyRecord } from './copy-record.ts'
import { bodySlot, type FieldName, type Layout } from './layout.ts'
import type { Parser } from './parser.ts'
import { Record } from './record.ts'

const newline = 10

/**
 * Parses texts that stand in records, as if they were lines, and puts what is found on the record: attributes, time,
 * severity, and the message as body. What a text does not tell stays as it was. A text that is a range of the bytes is
 * parsed where it is, and so is what is found in it.
 */
export class RecordParser {
  readonly #parser: Parser
  readonly #batch = new LogBatch({ capacity: 1 })
  readonly #found: Record
  /** Of each slot of what is found, the slot of the record's; made anew when either layout has changed. */
  #slots: number[] = []
  #from: Layout | undefined
  #to: Layout | undefined

  constructor(parser: Parser) {
    this.#parser = parser
    this.#found = new Record(this.#batch)
  }

  /** Parses the text in a cell of a record. `false`, and nothing changed, if it is none or not of the format. */
  parseCell(record: Record, slot: number): boolean {
    const { batch, row } = record
    if (slot < 0 || slot >= batch.stride) return false
    const at = (row * batch.stride + slot) * 2
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    const start = batch.cells[at] ?? 0
    const isLine = kindOf(b) === Cell.STRING && !batch.bytes.subarray(start, endOf(b)).includes(newline)
    if (isLine && this.#parser.parseBatch !== undefined) return this.#parseRange(record, start, endOf(b))
    const text = batch.value(row, slot)
    return typeof text === 'string' && this.parseText(record, text)
  }

  /** The same for any text. */
  parseText(record: Record, text: string): boolean {
    if (text === '') return false
    const found = this.#batch
    found.reset()
    found.bytes = Buffer.from(text)
    found.addLine(0, found.bytes.length)
    if (!this.#parser.parse(text, this.#found.at(0))) return false
    const { time, timeRemainder, severityNumber } = record
    copyRecord(this.#found, record)
    if (Number.isNaN(this.#found.time)) {
      record.time = time
      record.timeRemainder = timeRemainder
    }
    if (this.#found.severityNumber === 0) record.severityNumber = severityNumber
    return true
  }

  #parseRange(record: Record, from: number, to: number): boolean {
    const found = this.#batch
    if (to <= from) return false
    found.reset()
    found.bytes = record.batch.bytes
    this.#parser.parseBatch?.(found.bytes, from, to, found)
    if (found.rowCount !== 1 || found.failures.length > 0) return false
    this.#place(record, from, to)
    const { time, timeRemainder, severityNumber } = this.#found.at(0)
    if (!Number.isNaN(time)) {
      record.time = time
      record.timeRemainder = timeRemainder
    }
    if (severityNumber !== 0) record.severityNumber = severityNumber
    return true
  }

  #place({ batch, row }: Record, from: number, to: number): void {
    const found = this.#batch
    const slots = this.#slotsIn(batch)
    if (batch.stride < batch.layout.size) batch.widen()
    for (let slot = bodySlot; slot < slots.length; slot++) {
      const a = found.cells[slot * 2] ?? 0
      const b = found.cells[slot * 2 + 1] ?? Cell.ABSENT
      // A body that is the text is no message.
      if (b === Cell.ABSENT || (slot === bodySlot && a === from && b === (Cell.STRING | to))) continue
      const at = (row * batch.stride + (slots[slot] ?? 0)) * 2
      batch.cells[at + 1] = b
      if (kindOf(b) === Cell.VALUE) {
        batch.cells[at] = batch.values.length
        batch.values.push(found.values[a] ?? null)
      } else {
        batch.cells[at] = a
      }
    }
  }

  #slotsIn({ layout: to }: LogBatch): readonly number[] {
    const { layout: from, stride } = this.#batch
    if (this.#from !== from || this.#to !== to) this.#slots = []
    this.#from = from
    this.#to = to
    const known = Math.min(stride, from.size)
    for (let slot = this.#slots.length; slot < known; slot++) this.#slots.push(slotOf(from, slot, to))
    return this.#slots
  }
}

function slotOf(from: Layout, slot: number, to: Layout): number {
  const column = from.columns[slot]
  if (column === undefined || slot <= bodySlot) return slot
  // A column that is no attribute has the name of a field: the layout made it so.
  return column.isAttribute ? to.addAttribute(column.name) : to.addField(column.name as FieldName)
}
