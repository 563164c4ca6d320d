import { Buffer } from 'node:buffer'
import { bodySlot, Cell, copyRecord, endOf, kindOf, type Layout, LogBatch, type Parser, Record } from '@weir/sdk'

/** Parses the bodies of records that another parser has made, as if they were lines. */
export class MessageParser {
  readonly #parser: Parser
  readonly #batch = new LogBatch({ capacity: 1 })
  readonly #message: Record
  /** Of each slot of the message's layout, the slot of the record's; made anew when either layout has changed. */
  #slots: number[] = []
  #from: Layout | undefined
  #to: Layout | undefined

  constructor(parser: Parser) {
    this.#parser = parser
    this.#message = new Record(this.#batch)
  }

  /** Parses the bodies from a row on. What a message does not tell stays, and so does a message of another format. */
  parseBodies(batch: LogBatch, first: number): void {
    const { failures } = batch
    let failure = failures.findIndex((row) => row >= first)
    const record = new Record(batch)
    for (let row = first; row < batch.rowCount; row++) {
      if (failure >= 0 && failures[failure] === row) {
        failure++
        continue
      }
      const at = (row * batch.stride + bodySlot) * 2
      const b = batch.cells[at + 1] ?? Cell.ABSENT
      if (kindOf(b) === Cell.STRING && this.#parser.parseBatch !== undefined)
        this.#parseRange(batch, row, batch.cells[at] ?? 0, endOf(b))
      else this.#parseText(record.at(row))
    }
  }

  /** A message that is a range of the bytes: so is what is found in it. */
  #parseRange(batch: LogBatch, row: number, from: number, to: number): void {
    const message = this.#batch
    if (to <= from) return
    message.reset()
    message.bytes = batch.bytes
    this.#parser.parseBatch?.(batch.bytes, from, to, message)
    if (message.rowCount !== 1 || message.failures.length > 0) return
    this.#place(batch, row)
    if (!Number.isNaN(message.time[0] ?? Number.NaN)) {
      batch.time[row] = message.time[0] ?? Number.NaN
      const remainder = message.timeRemainder?.[0] ?? 0
      if (remainder !== 0 || batch.timeRemainder !== null) batch.remainders()[row] = remainder
    }
    if (message.severityNumber[0] !== 0) batch.severityNumber[row] = message.severityNumber[0] ?? 0
  }

  #place(batch: LogBatch, row: number): void {
    const message = this.#batch
    const slots = this.#slotsIn(batch)
    if (batch.stride < batch.layout.size) batch.widen()
    for (let slot = bodySlot; slot < slots.length; slot++) {
      const b = message.cells[slot * 2 + 1] ?? Cell.ABSENT
      if (b === Cell.ABSENT) continue
      const at = (row * batch.stride + (slots[slot] ?? 0)) * 2
      const a = message.cells[slot * 2] ?? 0
      batch.cells[at + 1] = b
      if (kindOf(b) === Cell.VALUE) {
        batch.cells[at] = batch.values.length
        batch.values.push(message.values[a] ?? null)
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

  #parseText(record: Record): void {
    const { body } = record
    if (typeof body !== 'string' || body === '') return
    const message = this.#batch
    message.reset()
    message.bytes = Buffer.from(body)
    message.addLine(0, message.bytes.length)
    if (!this.#parser.parse(body, this.#message.at(0))) return
    const { time, timeRemainder, severityNumber } = record
    copyRecord(this.#message, record)
    if (Number.isNaN(this.#message.time)) {
      record.time = time
      record.timeRemainder = timeRemainder
    }
    if (this.#message.severityNumber === 0) record.severityNumber = severityNumber
  }
}

function slotOf(from: Layout, slot: number, to: Layout): number {
  const column = from.columns[slot]
  if (column === undefined || slot <= bodySlot) return slot
  if (column.isAttribute) return to.addAttribute(column.name)
  return to.addField(column.name as Parameters<Layout['addField']>[0])
}
