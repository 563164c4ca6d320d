import { type Buffer, isUtf8 } from 'node:buffer'
import { bodySlot, Cell, type FieldName, type LogBatch } from '@weir/sdk'
import type { AttributeKeys } from './attribute-keys.ts'
import { knownSeverity, maxAttributes } from './logs-request.ts'
import { Tail } from './tail.ts'
import { AnyValue, readValue } from './value-reader.ts'
import { tagOf, Wire, type WireReader } from './wire-reader.ts'

/** Tags of `LogRecord`. */
const Field = {
  TIME: tagOf(1, Wire.FIXED64),
  SEVERITY_NUMBER: tagOf(2, Wire.VARINT),
  SEVERITY_TEXT: tagOf(3, Wire.DELIMITED),
  BODY: tagOf(5, Wire.DELIMITED),
  ATTRIBUTE: tagOf(6, Wire.DELIMITED),
  FLAGS: tagOf(8, Wire.FIXED32),
  TRACE_ID: tagOf(9, Wire.DELIMITED),
  SPAN_ID: tagOf(10, Wire.DELIMITED),
  OBSERVED_TIME: tagOf(11, Wire.FIXED64),
  EVENT_NAME: tagOf(12, Wire.DELIMITED),
} as const

/** Tags of `KeyValue`. */
const Pair = { KEY: tagOf(1, Wire.DELIMITED), VALUE: tagOf(2, Wire.DELIMITED) } as const

const traceIdBytes = 16
const spanIdBytes = 8
/** Digits of both ids of a record. */
const idDigits = (traceIdBytes + spanIdBytes) * 2
const twoTo32 = 0x1_0000_0000
const nanosecondsInMs = 1_000_000

/** Reads `LogRecord` messages into the rows of one batch. No object is made for a record, and no string for a string. */
export class RecordReader {
  readonly #wire: WireReader
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #batch: LogBatch
  readonly #keys: AttributeKeys
  /** Where the bytes of the batch begin in those of the request. */
  readonly #base: number
  readonly #tail: Tail
  #cells: Int32Array
  #stride: number
  #row = 0
  /** Index of the row's first cell. */
  #first = 0
  /** Nanoseconds below the millisecond of the time that was read last. */
  #remainder = 0

  /**
   * @param from where the first record of the batch begins
   * @param to where the last one ends that may get into it
   */
  constructor(wire: WireReader, batch: LogBatch, keys: AttributeKeys, from: number, to: number) {
    this.#wire = wire
    this.#bytes = wire.bytes
    this.#view = wire.view
    this.#batch = batch
    this.#keys = keys
    this.#base = from
    this.#tail = new Tail(wire.bytes.subarray(from, to), batch.capacity * idDigits)
    this.#cells = batch.cells
    this.#stride = batch.stride
  }

  /** What the ranges of the batch point into. */
  get bytes(): Buffer {
    return this.#tail.bytes
  }

  /** Adds a row for the record in `from`…`to`. @returns false if it has too many attributes, and is left out */
  add(from: number, to: number): boolean {
    const batch = this.#batch
    const bytes = this.#bytes
    const wire = this.#wire
    const row = batch.addRow()
    this.#row = row
    this.#first = row * this.#stride * 2
    let key = this.#keys.start
    let attributes = 0
    let observed = Number.NaN
    let observedRemainder = 0
    for (let at = from; at < to; ) {
      const tag = bytes[at] ?? 0
      if ((tag & 7) === Wire.DELIMITED && tag < 0x80) {
        let length = bytes[at + 1] ?? 0
        at += 2
        if (length > 0x7f) {
          length = wire.integer(at - 1)
          at = wire.at
        }
        const end = at + length
        if (tag === Field.ATTRIBUTE) {
          if (++attributes > maxAttributes) {
            batch.rowCount--
            return false
          }
          key = this.#attribute(at, end, key)
        } else this.#field(tag, at, end)
        at = end
      } else if (tag === Field.TIME) {
        batch.time[row] = this.#time(at + 1)
        this.#setRemainder(this.#remainder)
        at += 9
      } else if (tag === Field.OBSERVED_TIME) {
        observed = this.#time(at + 1)
        observedRemainder = this.#remainder
        at += 9
      } else if (tag === Field.SEVERITY_NUMBER) {
        batch.severityNumber[row] = knownSeverity(wire.integer(at + 1))
        at = wire.at
      } else if (tag === Field.FLAGS) {
        const flags = this.#view.getUint32(at + 1, true)
        if (flags !== 0) this.#setValue(this.#slotOf('flags'), flags)
        at += 5
      } else {
        at = wire.pass(at)
      }
    }
    if (Number.isNaN(batch.observedTime)) batch.observedTime = observed
    if (Number.isNaN(batch.time[row])) {
      batch.time[row] = observed
      this.#setRemainder(observedRemainder)
    }
    return true
  }

  #field(tag: number, from: number, to: number): void {
    switch (tag) {
      case Field.BODY:
        this.#value(bodySlot, from, to)
        break
      case Field.SEVERITY_TEXT:
        if (to > from) this.#text(this.#slotOf('severityText'), from, to)
        break
      case Field.EVENT_NAME:
        if (to > from) this.#text(this.#slotOf('eventName'), from, to)
        break
      case Field.TRACE_ID:
        this.#id('traceId', from, to, traceIdBytes)
        break
      case Field.SPAN_ID:
        this.#id('spanId', from, to, spanIdBytes)
        break
    }
  }

  /** Reads a `KeyValue`. */
  #attribute(from: number, to: number, previous: AttributeKeys['start']): AttributeKeys['start'] {
    const bytes = this.#bytes
    const wire = this.#wire
    let keyFrom = from
    let keyTo = from
    let valueFrom = from
    let valueTo = from
    for (let at = from; at < to; ) {
      const tag = bytes[at] ?? 0
      if (tag !== Pair.KEY && tag !== Pair.VALUE) {
        at = wire.pass(at)
        continue
      }
      let length = bytes[at + 1] ?? 0
      at += 2
      if (length > 0x7f) {
        length = wire.integer(at - 1)
        at = wire.at
      }
      if (tag === Pair.KEY) {
        keyFrom = at
        keyTo = at + length
      } else {
        valueFrom = at
        valueTo = at + length
      }
      at += length
    }
    const key = this.#keys.find(bytes, this.#view, keyFrom, keyTo, previous)
    this.#value(key.slot, valueFrom, valueTo)
    return key
  }

  /** Reads an `AnyValue` into a cell; the quick way if it is a string or a small number, as most are. */
  #value(slot: number, from: number, to: number): void {
    const wire = this.#wire
    const tag = this.#bytes[from] ?? 0
    if (from === to) this.#set(slot, 0, Cell.NULL)
    else if (tag === AnyValue.STRING) {
      const length = wire.integer(from + 1)
      const start = wire.at
      if (start + length === to) this.#text(slot, start, to)
      else this.#setValue(slot, readValue(wire, from, to))
    } else if (tag === AnyValue.INT) {
      wire.long(from + 1)
      if (wire.at !== to) this.#setValue(slot, readValue(wire, from, to))
      else if (wire.high === wire.low >> 31) this.#set(slot, wire.low, Cell.INTEGER)
      else if (Number.isSafeInteger(wire.number)) this.#setValue(slot, wire.number)
      else this.#digits(slot, wire.digits)
    } else this.#setValue(slot, readValue(wire, from, to))
  }

  #text(slot: number, from: number, to: number): void {
    if (this.#isText(from, to)) this.#set(slot, from - this.#base, Cell.STRING | (to - this.#base))
    else this.#setValue(slot, this.#wire.text(from, to))
  }

  /** Whether bytes are UTF-8: at once if they are ASCII. */
  #isText(from: number, to: number): boolean {
    const bytes = this.#bytes
    const view = this.#view
    let marks = 0
    let at = from
    for (; at + 4 <= to; at += 4) marks |= view.getInt32(at, true)
    for (; at < to; at++) marks |= bytes[at] ?? 0
    return (marks & 0x80808080) === 0 || isUtf8(bytes.subarray(from, to))
  }

  /** An id in hexadecimal; one of another length, or of zeros alone, is none. */
  #id(field: FieldName, from: number, to: number, length: number): void {
    if (to - from !== length) return
    const view = this.#view
    let bits = 0
    for (let at = from; at < to; at += 4) bits |= view.getInt32(at, true)
    if (bits === 0) return
    const tail = this.#tail
    const start = tail.length
    tail.hex(this.#bytes, from, to)
    this.#set(this.#slotOf(field), start, Cell.STRING | tail.length)
  }

  /** An integer that JavaScript's numbers cannot hold stays exact where it is only passed on. */
  #digits(slot: number, digits: string): void {
    const tail = this.#tail
    const start = tail.length
    tail.text(digits)
    this.#set(slot, start, Cell.NUMBER | tail.length)
  }

  /** A time in nanoseconds as milliseconds and a remainder; 0 is none. Long division, since a double has 53 bits. */
  #time(at: number): number {
    const low = this.#view.getUint32(at, true)
    const high = this.#view.getUint32(at + 4, true)
    const above = Math.floor(high / nanosecondsInMs)
    const rest = (high - above * nanosecondsInMs) * twoTo32 + low
    const below = Math.floor(rest / nanosecondsInMs)
    this.#remainder = rest - below * nanosecondsInMs
    return low === 0 && high === 0 ? Number.NaN : above * twoTo32 + below
  }

  #setRemainder(nanoseconds: number): void {
    const batch = this.#batch
    if (nanoseconds !== 0 || batch.timeRemainder !== null) batch.remainders()[this.#row] = nanoseconds
  }

  #slotOf(field: FieldName): number {
    return this.#batch.layout.addField(field)
  }

  #set(slot: number, a: number, b: number): void {
    if (slot >= this.#stride) this.#widen()
    const at = this.#first + slot * 2
    this.#cells[at] = a
    this.#cells[at + 1] = b
  }

  #setValue(slot: number, value: ReturnType<typeof readValue>): void {
    if (slot >= this.#stride) this.#widen()
    this.#batch.setValue(this.#row, slot, value)
  }

  #widen(): void {
    const batch = this.#batch
    batch.widen()
    this.#cells = batch.cells
    this.#stride = batch.stride
    this.#first = this.#row * batch.stride * 2
  }
}
