import type { LogBatch } from './batch.ts'
import { bodySlot, type FieldName } from './layout.ts'
import { severityName } from './severity.ts'
import { type AttributeMap, type AttributeValue, attributeMap } from './value.ts'

/**
 * The attributes of one record, by name: those of its own, then those that the whole batch has.
 * A name is flat, as it stands in the record (`http.response.status_code`); `fieldReader` reads dotted paths.
 */
export class Attributes {
  readonly #record: Record

  constructor(record: Record) {
    this.#record = record
  }

  get(name: string): AttributeValue | undefined {
    const { batch, row } = this.#record
    const slot = batch.layout.attribute(name)
    const own = slot < 0 ? undefined : batch.value(row, slot)
    return own === undefined && Object.hasOwn(batch.attributes, name) ? batch.attributes[name] : own
  }

  has(name: string): boolean {
    const { batch, row } = this.#record
    return batch.hasValue(row, batch.layout.attribute(name)) || Object.hasOwn(batch.attributes, name)
  }

  set(name: string, value: AttributeValue): this {
    const { batch, row } = this.#record
    batch.setValue(row, batch.layout.addAttribute(name), value)
    return this
  }

  /** Removes an attribute of this record, also one that the whole batch has. */
  delete(name: string): boolean {
    const { batch, row } = this.#record
    if (Object.hasOwn(batch.attributes, name)) batch.spreadAttribute(name)
    const slot = batch.layout.attribute(name)
    if (!batch.hasValue(row, slot)) return false
    batch.setValue(row, slot, undefined)
    return true
  }

  /** Name and value of every attribute, the batch's own after the record's. */
  *entries(): IterableIterator<[string, AttributeValue]> {
    const { batch, row } = this.#record
    for (const { name, slot } of batch.layout.attributes) {
      const value = batch.value(row, slot)
      if (value !== undefined) yield [name, value]
    }
    for (const [name, value] of Object.entries(batch.attributes)) {
      const slot = batch.layout.attribute(name)
      if (slot < 0 || batch.value(row, slot) === undefined) yield [name, value]
    }
  }

  /** All attributes as a plain map without a prototype. */
  toMap(): AttributeMap {
    return attributeMap(this.entries())
  }
}

/**
 * One log record (OTel's log data model): a cursor over a row of a batch, moved from row to row. What it returns is
 * yours to keep; the record itself is not.
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/
 */
export class Record {
  readonly batch: LogBatch
  readonly attributes: Attributes
  row = 0

  constructor(batch: LogBatch) {
    this.batch = batch
    this.attributes = new Attributes(this)
  }

  at(row: number): this {
    this.row = row
    return this
  }

  /** When it happened: Unix epoch in milliseconds, `NaN` if unknown. */
  get time(): number {
    return this.batch.time[this.row] ?? Number.NaN
  }

  set time(ms: number) {
    this.batch.time[this.row] = ms
  }

  /** Nanoseconds below the millisecond of `time`, 0 to 999,999. */
  get timeRemainder(): number {
    return this.batch.timeRemainder?.[this.row] ?? 0
  }

  set timeRemainder(nanoseconds: number) {
    if (nanoseconds !== 0 || this.batch.timeRemainder !== null) this.batch.remainders()[this.row] = nanoseconds
  }

  /** When Weir saw it: Unix epoch in milliseconds. */
  get observedTime(): number {
    return this.batch.observedTime
  }

  /** 0 (unknown) to 24, OTel's. */
  get severityNumber(): number {
    return this.batch.severityNumber[this.row] ?? 0
  }

  set severityNumber(value: number) {
    this.batch.severityNumber[this.row] = value
  }

  /** The level as the source wrote it, else the name of the number. */
  get severityText(): string {
    const text = this.#field('severityText')
    return typeof text === 'string' ? text : severityName(this.severityNumber)
  }

  set severityText(text: string) {
    this.#setField('severityText', text)
  }

  /** The message where the format has one, else the line. */
  get body(): AttributeValue | undefined {
    return this.batch.value(this.row, bodySlot)
  }

  set body(value: AttributeValue | undefined) {
    this.batch.setValue(this.row, bodySlot, value)
  }

  /** The line as it came, `''` for a record that never was one. */
  get line(): string {
    return this.batch.line(this.row)
  }

  get resource(): AttributeMap {
    return this.batch.resource
  }

  get traceId(): string | undefined {
    return this.#text('traceId')
  }

  set traceId(hex: string | undefined) {
    this.#setField('traceId', hex)
  }

  get spanId(): string | undefined {
    return this.#text('spanId')
  }

  set spanId(hex: string | undefined) {
    this.#setField('spanId', hex)
  }

  /** W3C trace flags. */
  get flags(): number {
    const flags = this.#field('flags')
    return typeof flags === 'number' ? flags : 0
  }

  set flags(value: number) {
    this.#setField('flags', value)
  }

  get eventName(): string | undefined {
    return this.#text('eventName')
  }

  set eventName(name: string | undefined) {
    this.#setField('eventName', name)
  }

  #field(name: FieldName): AttributeValue | undefined {
    return this.batch.value(this.row, this.batch.layout.field(name))
  }

  #text(name: FieldName): string | undefined {
    const value = this.#field(name)
    return typeof value === 'string' ? value : undefined
  }

  #setField(name: FieldName, value: AttributeValue | undefined): void {
    this.batch.setValue(this.row, this.batch.layout.addField(name), value)
  }
}
