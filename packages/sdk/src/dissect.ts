import type { LogBatch } from './batch.ts'
import { Cell, kindOf } from './cell.ts'
import { bodySlot, type FieldName, type Layout } from './layout.ts'
import { type DissectField, LineDissector, lineWords } from './line-dissector.ts'
import type { Record } from './record.ts'
import { severityOf } from './severity.ts'
import { TimestampReader } from './timestamp.ts'

export interface DissectionOptions {
  /** Zone of times that tell none: `UTC` (default), `Local`, `+02:00`, `Europe/Berlin`. */
  zone?: string
  /** Wall-clock, Unix epoch in milliseconds: the year of times that tell none. */
  now?: () => number
  /** `false` does without the WebAssembly kernel: slower, and the same records. */
  kernel?: boolean
}

/**
 * Takes lines apart at the texts that stand between their fields, as Logstash and Beats do. Nothing is tried twice, and what
 * is found is kept as ranges of the line's bytes: that is several times as fast as a regular expression.
 *
 * `%{name}` is a field; `%{}` and `%{?name}` are skipped; after `%{name->}` its delimiter may stand several times, as in
 * columns that are padded; `%{+name}` right after `%{name}` makes both and what is between them one field. A field
 * ends where the text after it is found first; the last one ends with the line.
 *
 * Fields are attributes of their names, but `body`, `time`, `severityText` (the severity's number with it, if the word is
 * known), `traceId`, `spanId` and `eventName`; what makes no sense as time or id is an attribute. Numbers and booleans, as
 * JSON has them, are such, unless it says `%{name|string}`; numbers of more than 15 characters stay text. Empty fields are
 * left out.
 *
 * @example const access = dissect('%{client.address} %{} %{user.name} [%{time}] "%{request}" %{status} %{size}')
 * // in a parser: parse(line, record) { return access.read(record) }
 * @throws WeirError `WEIR_DISSECT_INVALID`, `WEIR_TIME_ZONE`
 */
export const dissect = (pattern: string, options: DissectionOptions = {}): Dissection =>
  new Dissection(pattern, options)

/** Fields that are more than their values, or stay as they were where there is none. */
const specialFields: readonly string[] = ['body', 'time', 'severityText', 'traceId', 'spanId']
const idLengths: { readonly [name: string]: number } = { traceId: 32, spanId: 16 }
const columns: readonly string[] = ['severityText', 'traceId', 'spanId', 'eventName'] satisfies FieldName[]
const isColumn = (name: string): name is FieldName => columns.includes(name)

/** A pattern that `dissect` has read. */
export class Dissection {
  readonly #lines: LineDissector
  readonly #time: TimestampReader
  /** Of the fields that are values and no more: where their cells stand in the words of a line, and in a row of `#layout`. */
  readonly #valuesFrom: Int32Array
  readonly #valuesTo: Int32Array
  /** The other fields, and their slots. */
  readonly #special: readonly number[]
  readonly #slots = new Map<number, number>()
  #layout: Layout | undefined
  /** The batch whose lines were taken apart ahead, as it was then. */
  #batch: LogBatch | undefined
  #generation = 0
  #bytes: Uint8Array | undefined
  /** Offset up to which they were, and where the line that was asked for last stands among them. */
  #reached = 0
  #next = 0
  /** A line that was taken apart alone. */
  readonly #single: Int32Array

  constructor(pattern: string, { kernel = true, ...options }: DissectionOptions) {
    const isPlain = ({ name, isText }: DissectField) => !isText && !isColumn(name) && !['body', 'time'].includes(name)
    this.#lines = new LineDissector(pattern, isPlain, { kernel })
    this.#time = new TimestampReader(options)
    const { fields, width } = this.#lines
    const all = [...fields.keys()]
    const isValue = (field: number) => !specialFields.includes(fields[field]?.name ?? '')
    this.#valuesFrom = Int32Array.from(all.filter(isValue), (field) => lineWords + field * 2)
    this.#valuesTo = new Int32Array(this.#valuesFrom.length)
    this.#special = all.filter((field) => !isValue(field))
    this.#single = new Int32Array(width)
  }

  /** Sets the fields of a record from its line. `false`, and nothing set, if the line is not of this pattern, or there is none. */
  read(record: Record): boolean {
    const { batch, row } = record
    const line = row * batch.stride * 2
    const end = batch.cells[line + 1] ?? Cell.ABSENT
    if (kindOf(end) !== Cell.STRING) return false
    const found = this.#find(batch, batch.cells[line] ?? 0, end)
    const words = found < 0 ? this.#single : this.#lines.lines
    const at = Math.max(0, found)
    if (words[at + 2] === 0) return false
    if (this.#layout !== batch.layout) this.#adopt(batch.layout)
    if (batch.stride < batch.layout.size) batch.widen()
    const { cells } = batch
    const from = this.#valuesFrom
    const to = this.#valuesTo
    const first = row * batch.stride * 2
    for (let value = 0; value < from.length; value++) {
      const source = at + (from[value] ?? 0)
      const target = first + (to[value] ?? 0)
      cells[target] = words[source] ?? 0
      cells[target + 1] = words[source + 1] ?? Cell.ABSENT
    }
    for (const field of this.#special) {
      const source = at + lineWords + field * 2
      const b = words[source + 1] ?? Cell.ABSENT
      if (b !== Cell.ABSENT) this.#set(record, field, words[source] ?? 0, b)
    }
    return true
  }

  /** Where the words of a line stand among those that were taken apart ahead, or -1 if it was taken apart alone. */
  #find(batch: LogBatch, start: number, end: number): number {
    const lines = this.#lines
    if (this.#batch !== batch || this.#generation !== batch.generation || this.#bytes !== batch.bytes) {
      this.#batch = batch
      this.#generation = batch.generation
      this.#bytes = batch.bytes
      this.#reached = 0
      this.#next = lines.count = 0
    }
    if (start >= this.#reached && end <= batch.linesEnd) {
      this.#reached = lines.scan(batch.bytes, start, batch.linesEnd)
      this.#next = 0
    }
    const { width, count } = lines
    while (this.#next < count && (lines.lines[this.#next * width] ?? 0) < start) this.#next++
    const at = this.#next * width
    if (this.#next < count && lines.lines[at] === start && lines.lines[at + 1] === end) return at
    lines.takeApart(batch.bytes, start, end, this.#single, 0)
    return -1
  }

  #adopt(layout: Layout): void {
    this.#layout = layout
    let value = 0
    for (const [field, { name }] of this.#lines.fields.entries()) {
      const slot =
        name === 'body'
          ? bodySlot
          : isColumn(name)
            ? layout.addField(name)
            : name === 'time'
              ? -1
              : layout.addAttribute(name)
      if (this.#special.includes(field)) this.#slots.set(field, slot)
      else this.#valuesTo[value++] = slot * 2
    }
  }

  /** Sets a field that is more than its value. What makes no sense where its name says is an attribute of that name. */
  #set({ batch, row }: Record, field: number, start: number, end: number): void {
    const { name = '' } = this.#lines.fields[field] ?? {}
    let slot = this.#slots.get(field) ?? 0
    if (name === 'time') {
      const ms = this.#time.whole(batch.bytes, start, end)
      if (!Number.isNaN(ms)) {
        batch.time[row] = ms
        if (this.#time.remainder !== 0) batch.remainders()[row] = this.#time.remainder
        return
      }
      slot = batch.layout.addAttribute(name)
    } else if (name === 'severityText') {
      batch.severityNumber[row] = severityOf(batch.bytes.toString('utf8', start, end))
    } else if (end - start !== (idLengths[name] ?? end - start)) {
      slot = batch.layout.addAttribute(name)
    }
    if (slot >= batch.stride) batch.widen()
    const at = (row * batch.stride + slot) * 2
    batch.cells[at] = start
    batch.cells[at + 1] = Cell.STRING | end
  }
}
