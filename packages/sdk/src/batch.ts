import { Buffer } from 'node:buffer'
import { Cell, endOf, kindOf } from './cell.ts'
import { bodySlot, Layout, lineSlot } from './layout.ts'
import { Record } from './record.ts'
import { parseStructuredData } from './structured-data.ts'
import { type AttributeMap, type AttributeValue, attributeMap } from './value.ts'

/** What travels down a pipeline. Alerts and points of metrics are records, too. */
export type Signal = 'logs' | 'alerts' | 'metrics'

export interface Scope {
  readonly name: string
  readonly version?: string
  readonly attributes?: AttributeMap
}

export interface BatchOptions {
  signal?: Signal
  /** What the records came from, as OTel's resource attributes. */
  resource?: AttributeMap
  scope?: Scope
  /** Attributes that every record of the batch has, such as `log.file.path`. */
  attributes?: AttributeMap
  /** Identity of the stream that the records came from, in order; watermarks are kept by source. */
  source?: string
  /** When the records were seen, Unix epoch in milliseconds. */
  observedTime?: number
  layout?: Layout
  /** Rows that fit. */
  capacity?: number
}

const defaultCapacity = 4096
const noBytes = Buffer.alloc(0)
const noAttributes = Object.freeze(attributeMap())

/**
 * Records that travel together: the bytes as they came, and columns over them. A record is a view on a row
 * (`for (const record of batch)`); strings are made when someone reads them.
 *
 * Rows stand one after the other in `cells`, `stride` cells a row, two integers a cell (see `Cell`). Only parsers and
 * serialisers that are made for speed touch cells; everyone else reads records.
 *
 * A batch belongs to whoever holds it until its delivery settles; then its memory is used again. What outlives that
 * (a sample, a key) must be copied, which reading a record's property does.
 */
export class LogBatch {
  signal: Signal
  resource: AttributeMap
  scope: Scope | undefined
  attributes: AttributeMap
  source: string
  observedTime: number

  /** The bytes that ranges point into: valid UTF-8. */
  bytes: Buffer = noBytes
  /** Up to here `bytes` holds whole lines that stay as they are: whoever reads one may look at the next. */
  linesEnd = 0
  layout: Layout
  /** Cells a row has; grows with the layout. */
  stride: number
  cells: Int32Array
  /** Rows that fit. */
  readonly capacity: number
  /** Rows there are, selected or not. */
  rowCount = 0
  /** Unix epoch in milliseconds, `NaN` if unknown. */
  time: Float64Array
  /** Nanoseconds below the millisecond, where the source has them. */
  timeRemainder: Uint32Array | null = null
  /** 0 to 24, as OTel has it. */
  severityNumber: Uint8Array
  /** Values that are no range of the bytes: what plugins set, and decoded text. */
  values: AttributeValue[] = []
  /** Rows that the parser did not understand, ascending. */
  failures: number[] = []
  /** Rows that count, ascending, or null for all. */
  selection: Uint32Array | null = null
  /** Grows when the batch is emptied: what someone remembers of it is about other records then. */
  generation = 0
  /** `byteLength` once someone has asked for it, else -1. The batch must not grow after that. */
  knownByteLength = -1

  constructor(options: BatchOptions = {}) {
    this.signal = options.signal ?? 'logs'
    this.resource = options.resource ?? noAttributes
    this.scope = options.scope
    this.attributes = options.attributes ?? noAttributes
    this.source = options.source ?? ''
    this.observedTime = options.observedTime ?? Number.NaN
    this.capacity = options.capacity ?? defaultCapacity
    this.layout = options.layout ?? new Layout()
    this.stride = this.layout.size
    this.cells = new Int32Array(this.capacity * this.stride * 2)
    this.time = new Float64Array(this.capacity)
    this.severityNumber = new Uint8Array(this.capacity)
  }

  /** Records that count. */
  get length(): number {
    return this.selection === null ? this.rowCount : this.selection.length
  }

  /** Whether no further row may begin. */
  get isFull(): boolean {
    return this.rowCount >= this.capacity || (this.rowCount > 0 && this.layout.isCrowded)
  }

  /** The row of the record at `index` of those that count. */
  rowAt(index: number): number {
    return this.selection === null ? index : (this.selection[index] ?? -1)
  }

  /** Bytes that the records stand for: their lines as they came, and an estimate for what never was a line. */
  get byteLength(): number {
    if (this.knownByteLength >= 0) return this.knownByteLength
    let sum = 0
    for (let index = 0; index < this.length; index++) {
      const at = this.rowAt(index) * this.stride * 2
      const b = this.cells[at + 1] ?? -1
      sum += kindOf(b) === Cell.STRING ? endOf(b) - (this.cells[at] ?? 0) + 1 : 256
    }
    this.knownByteLength = sum
    return sum
  }

  /** One cursor, moved from record to record: do not keep it. */
  *[Symbol.iterator](): IterableIterator<Record> {
    const record = new Record(this)
    for (let index = 0; index < this.length; index++) yield record.at(this.rowAt(index))
  }

  /** Calls `visit` with one cursor, moved from record to record; the quickest way to read them. */
  forEach(visit: (record: Record) => void): void {
    const record = new Record(this)
    const { length } = this
    for (let index = 0; index < length; index++) visit(record.at(this.rowAt(index)))
  }

  /** A batch of the records for which `keep` says so. It shares the columns; the batch itself stays as it is. */
  filter(keep: (record: Record) => boolean): LogBatch {
    const kept = new Uint32Array(this.length)
    let count = 0
    const record = new Record(this)
    for (let index = 0; index < this.length; index++) {
      const row = this.rowAt(index)
      if (keep(record.at(row))) kept[count++] = row
    }
    return count === this.length ? this : this.select(kept.slice(0, count))
  }

  /** A batch of these rows (ascending). It shares the columns. */
  select(rows: Uint32Array | null): LogBatch {
    const view: LogBatch = Object.create(LogBatch.prototype)
    Object.assign(view, this)
    view.selection = rows
    view.knownByteLength = -1
    return view
  }

  /**
   * A batch with columns of its own over the same bytes, for whoever changes records that others see too.
   * @param room further rows that fit
   */
  copy(room = 0): LogBatch {
    const capacity = this.rowCount + room
    const copy = this.select(this.selection)
    copy.cells = grown(this.cells, Int32Array, this.rowCount * this.stride * 2, capacity * this.stride * 2)
    copy.time = grown(this.time, Float64Array, this.rowCount, capacity)
    copy.timeRemainder =
      this.timeRemainder === null ? null : grown(this.timeRemainder, Uint32Array, this.rowCount, capacity)
    copy.severityNumber = grown(this.severityNumber, Uint8Array, this.rowCount, capacity)
    copy.values = [...this.values]
    copy.failures = [...this.failures]
    Object.defineProperty(copy, 'capacity', { value: capacity, enumerable: true })
    return copy
  }

  /** Empties the batch, to be filled again. */
  reset(options: Pick<BatchOptions, 'resource' | 'attributes' | 'source' | 'observedTime' | 'layout'> = {}): this {
    this.resource = options.resource ?? this.resource
    this.attributes = options.attributes ?? this.attributes
    this.source = options.source ?? this.source
    this.observedTime = options.observedTime ?? this.observedTime
    this.generation++
    this.bytes = noBytes
    this.linesEnd = 0
    this.rowCount = 0
    this.timeRemainder = null
    this.values = []
    this.failures = []
    this.selection = null
    this.knownByteLength = -1
    const layout = options.layout ?? this.layout
    this.adopt(layout.isCrowded ? new Layout() : layout)
    return this
  }

  /**
   * Makes `layout` the batch's own, if it has no rows yet. A columnar parser calls this first: `false` means that the
   * batch was begun with another layout, and the parser returns without having read anything.
   */
  adopt(layout: Layout): boolean {
    if (this.layout === layout) {
      if (this.stride < layout.size) this.widen()
      return true
    }
    if (this.rowCount > 0) return false
    this.layout = layout
    this.stride = layout.size
    const needed = this.capacity * this.stride * 2
    if (this.cells.length < needed) this.cells = new Int32Array(needed)
    return true
  }

  /** Gives every row the cells that the layout has meanwhile, and some to spare. */
  widen(): void {
    const from = this.stride
    if (from >= this.layout.size) return
    const to = Math.max(this.layout.size, from + (from >> 2))
    const capacity = this.layout.isCrowded ? Math.max(1, this.rowCount) : this.capacity
    const cells = new Int32Array(capacity * to * 2)
    for (let row = 0; row < this.rowCount; row++) {
      cells.set(this.cells.subarray(row * from * 2, (row + 1) * from * 2), row * to * 2)
      cells.fill(Cell.ABSENT, (row * to + from) * 2, (row + 1) * to * 2)
    }
    this.cells = cells
    this.stride = to
  }

  /**
   * Begins a row over the line `start`…`end` of the bytes: body is the line, time unknown, no attributes.
   * The row counts at once; a parser that then finds the line is not its own calls `fail`.
   * @returns the row
   */
  addLine(start: number, end: number): number {
    const row = this.addRow()
    const at = row * this.stride * 2
    this.cells[at] = this.cells[at + 2] = start
    this.cells[at + 1] = this.cells[at + 3] = Cell.STRING | end
    return row
  }

  /** Begins a row with nothing in it, for records that were never a line. */
  addRow(): number {
    const row = this.rowCount++
    const { cells, stride } = this
    const at = row * stride * 2
    const end = at + stride * 2
    // A call of `fill` costs more than it saves for a few cells.
    if (stride > 32) cells.fill(Cell.ABSENT, at, end)
    else for (let index = at; index < end; index++) cells[index] = Cell.ABSENT
    this.time[row] = Number.NaN
    this.severityNumber[row] = 0
    if (this.timeRemainder !== null) this.timeRemainder[row] = 0
    return row
  }

  /** Begins a row and gives the record on it: `batch.append().body = 'hello'`. */
  append(): Record {
    return new Record(this).at(this.addRow())
  }

  /** Says that the parser did not understand a row: it keeps its line as body and loses all else. */
  fail(row: number): void {
    const at = row * this.stride * 2
    this.cells.fill(Cell.ABSENT, at + 2, at + this.stride * 2)
    this.cells[at + 2] = this.cells[at] ?? 0
    this.cells[at + 3] = this.cells[at + 1] ?? Cell.ABSENT
    this.time[row] = Number.NaN
    this.severityNumber[row] = 0
    if (this.timeRemainder !== null) this.timeRemainder[row] = 0
    if (this.failures[this.failures.length - 1] !== row) this.failures.push(row)
  }

  /** The column of remainders, made when the first is written. */
  remainders(): Uint32Array {
    this.timeRemainder ??= new Uint32Array(this.capacity)
    return this.timeRemainder
  }

  /** Makes an attribute that the whole batch has one of each record's own, so that it can go from some of them. */
  spreadAttribute(name: string): void {
    const { [name]: value, ...rest } = this.attributes
    if (value === undefined) return
    const slot = this.layout.addAttribute(name)
    for (let index = 0; index < this.length; index++) {
      const row = this.rowAt(index)
      if (!this.hasValue(row, slot)) this.setValue(row, slot, value)
    }
    this.attributes = Object.freeze(attributeMap(Object.entries(rest)))
  }

  /** The value of a cell, `undefined` if it has none. */
  value(row: number, slot: number): AttributeValue | undefined {
    if (slot < 0 || slot >= this.stride) return undefined
    const at = (row * this.stride + slot) * 2
    const a = this.cells[at] ?? 0
    const b = this.cells[at + 1] ?? -1
    switch (kindOf(b)) {
      case Cell.STRING:
        return this.bytes.toString('utf8', a, b)
      case Cell.ESCAPED:
        return JSON.parse(`"${this.bytes.toString('utf8', a, endOf(b))}"`)
      case Cell.NUMBER:
        return Number(this.bytes.toString('latin1', a, endOf(b)))
      case Cell.JSON:
        return JSON.parse(this.bytes.toString('utf8', a, endOf(b)))
      case Cell.STRUCTURED_DATA:
        return parseStructuredData(this.bytes.toString('utf8', a, endOf(b)))
      case Cell.INTEGER:
        return a
      case Cell.BOOLEAN:
        return a === 1
      case Cell.NULL:
        return null
      case Cell.VALUE:
        return this.values[a]
      default:
        return undefined
    }
  }

  /** Whether a cell has a value. */
  hasValue(row: number, slot: number): boolean {
    return slot >= 0 && slot < this.stride && this.cells[(row * this.stride + slot) * 2 + 1] !== Cell.ABSENT
  }

  /** Sets the value of a cell; `undefined` removes it. */
  setValue(row: number, slot: number, value: AttributeValue | undefined): void {
    if (slot >= this.stride) this.widen()
    const { cells, values } = this
    const at = (row * this.stride + slot) * 2
    // What is set most often comes first.
    if (typeof value === 'string') {
      cells[at] = values.length
      cells[at + 1] = Cell.VALUE
      values.push(value)
    } else if (typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)) {
      cells[at] = value
      cells[at + 1] = Cell.INTEGER
    } else if (value === undefined) {
      cells[at + 1] = Cell.ABSENT
    } else if (typeof value === 'boolean') {
      cells[at] = value ? 1 : 0
      cells[at + 1] = Cell.BOOLEAN
    } else if (value === null) {
      cells[at + 1] = Cell.NULL
    } else {
      cells[at] = values.length
      cells[at + 1] = Cell.VALUE
      values.push(value)
    }
  }

  /** The line of a row as it came, `''` if it never was one. */
  line(row: number): string {
    const value = this.value(row, lineSlot)
    return typeof value === 'string' ? value : ''
  }

  /** The body of a row. */
  body(row: number): AttributeValue | undefined {
    return this.value(row, bodySlot)
  }
}

interface Column<Items> {
  subarray(from: number, to: number): Items
  set(items: Items): void
}

/** The first items of a column in one of its own that has room for more. */
function grown<Items extends Column<Items>>(
  items: Items,
  Type: new (length: number) => Items,
  count: number,
  length: number,
): Items {
  const column = new Type(length)
  column.set(items.subarray(0, count))
  return column
}
