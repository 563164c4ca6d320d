import { Buffer } from 'node:buffer'
import { bodySlot, Cell, endOf, kindOf, type Layout, type LogBatch } from '@weir/sdk'
import { BackwardWriter } from './backward-writer.ts'
import { nanoseconds } from './nanoseconds.ts'
import { AnyValue, KeyValue, tagOf, writeNumber, writePairs, writeValue } from './value-writer.ts'

const varint = 0
const fixed64 = 1
const delimited = 2
const fixed32 = 5

/** Tags of `LogRecord`. */
const Field = {
  TIME: tagOf(1, fixed64),
  SEVERITY_NUMBER: tagOf(2, varint),
  SEVERITY_TEXT: tagOf(3, delimited),
  BODY: tagOf(5, delimited),
  ATTRIBUTE: tagOf(6, delimited),
  FLAGS: tagOf(8, fixed32),
  TRACE_ID: tagOf(9, delimited),
  SPAN_ID: tagOf(10, delimited),
  OBSERVED_TIME: tagOf(11, fixed64),
  EVENT_NAME: tagOf(12, delimited),
} as const

const first = tagOf(1, delimited)
const second = tagOf(2, delimited)
const third = tagOf(3, delimited)

const initialBytes = 1 << 20
const traceIdDigits = 32
const spanIdDigits = 16

/**
 * Encodes records of a batch as an `ExportLogsServiceRequest`, straight from its columns: texts are copied from the bytes
 * that they came in.
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
export class ProtobufEncoder {
  readonly #writer = new BackwardWriter(initialBytes)
  /** By layout and slot: the name of an attribute with its tag and length. */
  readonly #keys = new WeakMap<Layout, Buffer[]>()

  /** The records `from`…`to` of those that count. */
  encode(batch: LogBatch, from: number, to: number): Buffer {
    const writer = this.#writer
    const rows = new RowWriter(writer, batch, this.#keysOf(batch.layout))
    for (let index = to - 1; index >= from; index--) rows.write(batch.rowAt(index))
    const { scope } = batch
    if (scope !== undefined) {
      const { length } = writer
      writePairs(writer, third, Object.entries(scope.attributes ?? {}))
      if (scope.version !== undefined) writer.textField(second, scope.version)
      writer.textField(first, scope.name)
      writer.message(first, length)
    }
    writer.message(second, 0)
    const { length } = writer
    writePairs(writer, first, Object.entries(batch.resource))
    if (writer.length > length) writer.message(first, length)
    writer.message(first, 0)
    return writer.finish()
  }

  #keysOf(layout: Layout): Buffer[] {
    let keys = this.#keys.get(layout)
    if (keys === undefined) {
      keys = []
      this.#keys.set(layout, keys)
    }
    for (let index = keys.length; index < layout.attributes.length; index++) {
      const writer = new BackwardWriter(64)
      writer.textField(KeyValue.KEY, layout.attributes[index]?.name ?? '')
      keys.push(writer.finish())
    }
    return keys
  }
}

/** Writes the rows of one batch as `LogRecord` messages. */
class RowWriter {
  readonly #writer: BackwardWriter
  readonly #batch: LogBatch
  readonly #keys: readonly Buffer[]
  readonly #slots: Int32Array
  readonly #observed: readonly [number, number]
  /** Attributes that all records have, each with its own slot and its whole encoding. */
  readonly #shared: readonly { readonly slot: number; readonly bytes: Buffer }[]
  readonly #fields: { readonly [name in 'severityText' | 'traceId' | 'spanId' | 'flags' | 'eventName']: number }

  constructor(writer: BackwardWriter, batch: LogBatch, keys: readonly Buffer[]) {
    const { layout, stride } = batch
    this.#writer = writer
    this.#batch = batch
    this.#keys = keys
    // A column that the layout has got since the batch was made has no cells in it.
    this.#slots = Int32Array.from(layout.attributes.map(({ slot }) => slot).filter((slot) => slot < stride))
    this.#observed = nanoseconds(batch.observedTime, 0)
    this.#shared = Object.entries(batch.attributes).map((entry) => {
      const one = new BackwardWriter(256)
      writePairs(one, Field.ATTRIBUTE, [entry])
      return { slot: layout.attribute(entry[0]), bytes: one.finish() }
    })
    const slotOf = (slot: number) => (slot < stride ? slot : -1)
    this.#fields = {
      severityText: slotOf(layout.field('severityText')),
      traceId: slotOf(layout.field('traceId')),
      spanId: slotOf(layout.field('spanId')),
      flags: slotOf(layout.field('flags')),
      eventName: slotOf(layout.field('eventName')),
    }
  }

  write(row: number): void {
    const writer = this.#writer
    const batch = this.#batch
    const { length } = writer
    const cells = row * batch.stride * 2
    const { eventName, spanId, traceId, flags, severityText } = this.#fields
    if (eventName >= 0) this.#text(row, eventName, Field.EVENT_NAME)
    if (this.#observed[0] !== 0 || this.#observed[1] !== 0) {
      writer.fixed64(...this.#observed)
      writer.byte(Field.OBSERVED_TIME)
    }
    if (spanId >= 0) this.#id(row, spanId, Field.SPAN_ID, spanIdDigits)
    if (traceId >= 0) this.#id(row, traceId, Field.TRACE_ID, traceIdDigits)
    if (flags >= 0) this.#flags(row, flags)
    this.#attributes(row, cells)
    if ((batch.cells[cells + bodySlot * 2 + 1] ?? Cell.ABSENT) !== Cell.ABSENT) {
      const before = writer.length
      this.#value(row, bodySlot, cells + bodySlot * 2)
      writer.message(Field.BODY, before)
    }
    if (severityText >= 0) this.#text(row, severityText, Field.SEVERITY_TEXT)
    const severity = batch.severityNumber[row] ?? 0
    if (severity !== 0) {
      writer.varint(severity)
      writer.byte(Field.SEVERITY_NUMBER)
    }
    const [high, low] = nanoseconds(batch.time[row] ?? Number.NaN, batch.timeRemainder?.[row] ?? 0)
    if (high !== 0 || low !== 0) {
      writer.fixed64(high, low)
      writer.byte(Field.TIME)
    }
    writer.message(second, length)
  }

  #attributes(row: number, cells: number): void {
    const writer = this.#writer
    const batch = this.#batch
    for (let index = this.#shared.length - 1; index >= 0; index--) {
      const { slot, bytes } = this.#shared[index] ?? { slot: -1, bytes: noBytes }
      if (slot < 0 || batch.value(row, slot) === undefined) writer.copy(bytes, 0, bytes.length)
    }
    const slots = this.#slots
    for (let index = slots.length - 1; index >= 0; index--) {
      const slot = slots[index] ?? 0
      const at = cells + slot * 2
      if ((batch.cells[at + 1] ?? Cell.ABSENT) === Cell.ABSENT) continue
      const before = writer.length
      this.#value(row, slot, at)
      writer.message(KeyValue.VALUE, before)
      const key = this.#keys[index] ?? noBytes
      writer.copy(key, 0, key.length)
      writer.message(Field.ATTRIBUTE, before)
    }
  }

  /** The content of the `AnyValue` of a cell. */
  #value(row: number, slot: number, at: number): void {
    const writer = this.#writer
    const batch = this.#batch
    const a = batch.cells[at] ?? 0
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    switch (kindOf(b)) {
      case Cell.STRING:
        writer.bytesField(AnyValue.STRING, batch.bytes, a, endOf(b))
        break
      case Cell.INTEGER:
        writer.int64(a)
        writer.byte(AnyValue.INT)
        break
      case Cell.NUMBER:
        this.#number(batch.bytes.toString('latin1', a, endOf(b)))
        break
      default:
        writeValue(writer, batch.value(row, slot))
    }
  }

  /** A JSON number: an integer that JavaScript's numbers cannot hold is written as it stands, if 64 bits can. */
  #number(text: string): void {
    const number = Number(text)
    if (Number.isSafeInteger(number) || !/^-?\d{16,19}$/.test(text)) {
      writeNumber(this.#writer, number)
      return
    }
    const exact = BigInt(text)
    if (BigInt.asIntN(64, exact) !== exact) {
      writeNumber(this.#writer, number)
      return
    }
    let rest = BigInt.asUintN(64, exact)
    const bytes: number[] = []
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    bytes.push(Number(rest))
    this.#writer.copy(Uint8Array.from(bytes), 0, bytes.length)
    this.#writer.byte(AnyValue.INT)
  }

  #text(row: number, slot: number, tag: number): void {
    const batch = this.#batch
    const at = (row * batch.stride + slot) * 2
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    if (kindOf(b) === Cell.STRING) {
      this.#writer.bytesField(tag, batch.bytes, batch.cells[at] ?? 0, endOf(b))
      return
    }
    const text = batch.value(row, slot)
    if (typeof text === 'string' && text !== '') this.#writer.textField(tag, text)
  }

  /** An id from its hexadecimal; what is none is left out. */
  #id(row: number, slot: number, tag: number, digits: number): void {
    const batch = this.#batch
    const writer = this.#writer
    const at = (row * batch.stride + slot) * 2
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    if (kindOf(b) === Cell.STRING && endOf(b) - (batch.cells[at] ?? 0) === digits) {
      if (writer.hex(batch.bytes, batch.cells[at] ?? 0, endOf(b))) writer.message(tag, writer.length - digits / 2)
      return
    }
    const text = batch.value(row, slot)
    if (typeof text !== 'string' || text.length !== digits) return
    const bytes = Buffer.from(text, 'hex')
    if (bytes.length * 2 === digits) writer.bytesField(tag, bytes, 0, bytes.length)
  }

  #flags(row: number, slot: number): void {
    const flags = this.#batch.value(row, slot)
    if (typeof flags !== 'number' || flags === 0) return
    this.#writer.fixed32(flags)
    this.#writer.byte(Field.FLAGS)
  }
}

const noBytes = Buffer.alloc(0)
