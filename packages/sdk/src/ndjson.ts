import { Buffer, isUtf8 } from 'node:buffer'
import type { LogBatch } from './batch.ts'
import { Cell, endOf, kindOf } from './cell.ts'
import { AttributeKeys, keyOf, type Literal, Literals } from './json-literals.ts'
import { JsonTime } from './json-time.ts'
import { ByteSource, JsonWriter } from './json-writer.ts'
import { createNdjsonKernel, type KernelPlan, maxValues, type NdjsonKernel } from './kernels/ndjson-kernel.ts'
import { bodySlot, type Layout } from './layout.ts'
import { severityName } from './severity.ts'
import type { AttributeValue } from './value.ts'

export interface NdjsonOptions {
  /** Writes `observedTime`, where it is known. Default: false. */
  observedTime?: boolean
  /** Bytes after which a piece ends, with the line that it has come to. Default: 1 MiB. */
  pieceBytes?: number
  /** `false` does without the WebAssembly kernel: about a third as fast, and the same text. */
  kernel?: boolean
  /** Names of members, where they are to be others than those of OTel's data model. The time is always `time`. */
  names?: Partial<NdjsonNames>
}

/** Names of the members of a line. */
export interface NdjsonNames {
  observedTime: string
  severityNumber: string
  severityText: string
  body: string
  /** Of a body that is no text; `body`, if left out. */
  bodyValue: string
  traceId: string
  spanId: string
  flags: string
  eventName: string
  attributes: string
  resource: string
  scope: string
}

const ownNames: Omit<NdjsonNames, 'bodyValue'> = {
  observedTime: 'observedTime',
  severityNumber: 'severityNumber',
  severityText: 'severityText',
  body: 'body',
  traceId: 'traceId',
  spanId: 'spanId',
  flags: 'flags',
  eventName: 'eventName',
  attributes: 'attributes',
  resource: 'resource',
  scope: 'scope',
}

interface SharedTexts {
  readonly observed: string
  readonly ending: string
  readonly attributes: readonly { readonly slot: number; readonly text: string }[]
}

const quote = 0x22
const openBrace = 0x7b
const closeBrace = 0x7d
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20

const noBytes = Buffer.alloc(0)
const fieldNames = ['traceId', 'spanId', 'flags', 'eventName'] as const
/** Farthest from 1970 that a `Date` can be. */
const maxTime = 8.64e15

/**
 * Encodes the records of a batch as newline-delimited JSON, straight from the batch's bytes: one object a line, with the
 * fields of OTel's log data model under their JSON names, times in RFC 3339 and UTC, attributes by their flat names.
 * What a record does not have is left out. `NaN` and infinities become `null`, as in JavaScript; bytes that are no UTF-8
 * become U+FFFD.
 *
 * ```json
 * {"time":"2026-11-24T14:13:19.123Z","severityNumber":17,"severityText":"ERROR","body":"…","attributes":{"url.path":"/"},"resource":{"service.name":"shop"}}
 * ```
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/
 */
export class NdjsonEncoder {
  readonly #pieceBytes: number
  readonly #hasObservedTime: boolean
  readonly #writer: JsonWriter
  readonly #constants = new Literals()
  readonly #names: NdjsonNames
  readonly #key
  /** By severity number: the number alone, and the number with its name as text. */
  readonly #severityNumbers: readonly Literal[]
  readonly #severities: readonly Literal[]
  readonly #attributeKeys = new WeakMap<Layout, AttributeKeys>()
  readonly #time = new JsonTime(keyOf('time'))

  readonly #severityTexts: readonly string[]
  readonly #kernel: NdjsonKernel | undefined

  /** What is the same for all records of the batch at hand, as text and as bytes. */
  #sharedTexts: SharedTexts = { observed: '', ending: '', attributes: [] }
  readonly #shared = new Literals()
  #source: ByteSource = new ByteSource(noBytes)
  #keys = new AttributeKeys()
  #columnCount = 0
  #severityTextSlot = -1
  /** Whether any record of the batch may have a trace, flags or an event's name. */
  #hasFields = false
  #observed: Literal = { from: 0, to: 0 }
  #batchAttributes: { readonly slot: number; readonly member: Literal }[] = []
  #ending: Literal = { from: 0, to: 0 }

  constructor(options: NdjsonOptions = {}) {
    this.#pieceBytes = options.pieceBytes ?? 2 ** 20
    this.#hasObservedTime = options.observedTime ?? false
    const given = { ...ownNames, ...options.names }
    const names = { bodyValue: given.body, ...given }
    this.#names = names
    this.#writer = new JsonWriter(this.#capacity)
    const constants = this.#constants
    const numbers = Array.from({ length: 25 }, (_, number) =>
      number === 0 ? '' : `${keyOf(names.severityNumber).slice(0, -1)}${number}`,
    )
    const named = numbers.map((text, number) =>
      text === '' ? '' : `${text}${keyOf(names.severityText)}${severityName(number)}"`,
    )
    this.#severityTexts = [...numbers, ...named]
    this.#severityNumbers = numbers.map((text) => constants.add(text))
    this.#severities = named.map((text) => constants.add(text))
    this.#kernel = options.kernel === false ? undefined : createNdjsonKernel(this.#pieceBytes)
    this.#key = {
      body: constants.add(keyOf(names.body)),
      bodyValue: constants.add(keyOf(names.bodyValue)),
      severityText: constants.add(keyOf(names.severityText)),
      traceId: constants.add(keyOf(names.traceId)),
      spanId: constants.add(keyOf(names.spanId)),
      flags: constants.add(keyOf(names.flags)),
      eventName: constants.add(keyOf(names.eventName)),
      attributes: constants.add(keyOf(names.attributes).slice(0, -1)),
    }
  }

  /**
   * The records that count, in pieces of whole lines. A piece is valid until the next one is asked for, of this batch or
   * of another: whoever keeps it copies it.
   */
  *encode(batch: LogBatch): Generator<Buffer, void, void> {
    const { length } = batch
    for (let index = 0; index < length; ) {
      this.#begin(batch)
      const kernel = !this.#needsBodyValue(batch) && this.#kernel?.begin(this.#plan(batch)) ? this.#kernel : undefined
      index = kernel === undefined ? this.#writePiece(batch, index) : this.#writeByKernel(kernel, batch, index)
      const piece =
        kernel === undefined || kernel.isEmpty ? this.#writer.bytes.subarray(0, this.#writer.length) : kernel.piece
      yield isUtf8(piece) ? piece : Buffer.from(piece.toString('utf8'))
    }
  }

  /** Writes a piece; returns the index of the first record that is not in it. */
  #writePiece(batch: LogBatch, from: number): number {
    const writer = this.#writer
    const { length } = batch
    let index = from
    writer.clear(this.#capacity)
    while (index < length && writer.length < this.#pieceBytes) this.#record(batch, batch.rowAt(index++))
    return index
  }

  /** The same by the kernel. What it cannot encode is encoded here; a record as long as a piece is one, here. */
  #writeByKernel(kernel: NdjsonKernel, batch: LogBatch, from: number): number {
    const writer = this.#writer
    const { length } = batch
    let index = from
    while (index < length && !kernel.isFull) {
      const { count, result } = kernel.encode(batch, index)
      index += count
      if (result === 'full') return index
      if (result === 'done') continue
      writer.clear(this.#capacity)
      this.#record(batch, batch.rowAt(index))
      if (kernel.append(writer.bytes.subarray(0, writer.length))) index++
      else return kernel.isEmpty ? index + 1 : index
    }
    return index
  }

  /** Whether any record's body has the name that the kernel does not know. */
  #needsBodyValue(batch: LogBatch): boolean {
    if (this.#names.body === this.#names.bodyValue) return false
    for (let index = 0; index < batch.length; index++) {
      if (!this.#isText(batch, batch.rowAt(index), bodySlot)) return true
    }
    return false
  }

  /** What the kernel must know of a batch. */
  #plan(batch: LogBatch): KernelPlan {
    const { layout } = batch
    const names = this.#names
    const literals = [...this.#severityTexts, this.#sharedTexts.observed, this.#sharedTexts.ending]
    literals.push(keyOf(names.severityText), keyOf(names.attributes).slice(0, -1))
    const columns: [number, number, number][] = []
    const addColumn = (slot: number, name: string, type: number) => {
      if (slot < 0 || slot >= batch.stride) return
      columns.push([slot, literals.length, type])
      literals.push(keyOf(name))
    }
    addColumn(bodySlot, names.body, 0)
    for (const name of fieldNames) addColumn(layout.field(name), names[name], name === 'flags' ? 2 : 1)
    const fieldCount = columns.length
    for (const { slot, name } of layout.attributes) addColumn(slot, name, 0)
    const shared = this.#sharedTexts.attributes.map(({ slot, text }): [number, number] => {
      literals.push(text)
      return [slot < batch.stride ? slot : -1, literals.length - 1]
    })
    const severityText = layout.field('severityText')
    return {
      ...{ literals, columns, fieldCount, shared },
      severityText: severityText < batch.stride ? severityText : -1,
      values: batch.values.length <= maxValues ? batch.values : [],
    }
  }

  get #capacity(): number {
    return this.#pieceBytes + 65_536
  }

  /** Encodes what the records of a batch share. Repeated for every piece: another batch may have come in between. */
  #begin(batch: LogBatch): void {
    const { layout } = batch
    let keys = this.#attributeKeys.get(layout)
    if (keys === undefined) {
      keys = new AttributeKeys()
      this.#attributeKeys.set(layout, keys)
    }
    keys.follow(layout)
    this.#keys = keys
    // A column that the layout has got since the batch was made has no cells in it.
    this.#columnCount = keys.count
    while (this.#columnCount > 0 && (keys.slots[this.#columnCount - 1] ?? 0) >= batch.stride) this.#columnCount--
    if (this.#source.bytes !== batch.bytes) this.#source = new ByteSource(batch.bytes)
    this.#severityTextSlot = layout.field('severityText')
    this.#hasFields = fieldNames.some((name) => layout.field(name) >= 0)
    this.#writer.forget()

    const isKnown = this.#hasObservedTime && Math.abs(batch.observedTime) <= maxTime
    const observed = isKnown ? `${keyOf(this.#names.observedTime)}${new Date(batch.observedTime).toISOString()}"` : ''
    const attributes = Object.entries(batch.attributes).map(([name, value]) => ({
      slot: layout.attribute(name),
      text: `,${JSON.stringify(name)}:${JSON.stringify(value)}`,
    }))
    const { resource, scope } = batch
    const members = [
      Object.keys(resource).length > 0 ? `${keyOf(this.#names.resource).slice(0, -1)}${JSON.stringify(resource)}` : '',
      scope === undefined ? '' : `${keyOf(this.#names.scope).slice(0, -1)}${JSON.stringify(scope)}`,
    ]
    const ending = `${members.join('')}}\n`
    this.#sharedTexts = { observed, ending, attributes }
    const shared = this.#shared
    shared.clear()
    this.#observed = shared.add(observed)
    this.#batchAttributes = attributes.map(({ slot, text }) => ({ slot, member: shared.add(text) }))
    this.#ending = shared.add(ending)
  }

  #record(batch: LogBatch, row: number): void {
    const writer = this.#writer
    const constants = this.#constants.source
    const start = writer.length
    const timeLength = this.#time.set(batch.time[row] ?? Number.NaN, batch.timeRemainder?.[row] ?? 0)
    writer.copy(this.#time.source, 0, timeLength)
    if (this.#hasObservedTime) writer.copy(this.#shared.source, this.#observed.from, this.#observed.to)
    this.#severity(batch, row)
    const isText = this.#names.body === this.#names.bodyValue || this.#isText(batch, row, bodySlot)
    this.#value(batch, row, bodySlot, constants, isText ? this.#key.body : this.#key.bodyValue)
    if (this.#hasFields) this.#fields(batch, row)
    this.#attributes(batch, row)
    writer.copy(this.#shared.source, this.#ending.from, this.#ending.to)
    if (writer.bytes[start] === 0x2c) writer.bytes[start] = openBrace
    else this.#insertBrace(start)
  }

  /** A record that has nothing at all is only its ending: `}`. */
  #insertBrace(start: number): void {
    const writer = this.#writer
    writer.reserve(1)
    writer.bytes.copyWithin(start + 1, start, writer.length)
    writer.bytes[start] = openBrace
    writer.length++
  }

  #severity(batch: LogBatch, row: number): void {
    const number = batch.severityNumber[row] ?? 0
    const slot = this.#severityTextSlot
    const text = slot >= 0 && this.#isText(batch, row, slot)
    const literal = (text ? this.#severityNumbers : this.#severities)[number]
    if (literal !== undefined && literal.to > literal.from)
      this.#writer.copy(this.#constants.source, literal.from, literal.to)
    if (text && batch.value(row, slot) !== '')
      this.#value(batch, row, slot, this.#constants.source, this.#key.severityText)
  }

  #fields(batch: LogBatch, row: number): void {
    const { layout } = batch
    for (const name of fieldNames) {
      const slot = layout.field(name)
      const isThere = name === 'flags' ? this.#isNumber(batch, row, slot) : this.#isText(batch, row, slot)
      if (isThere) this.#value(batch, row, slot, this.#constants.source, this.#key[name])
    }
  }

  #attributes(batch: LogBatch, row: number): void {
    const writer = this.#writer
    const keys = this.#keys
    const count = this.#columnCount
    const cells = row * batch.stride * 2
    const start = writer.length
    writer.copy(this.#constants.source, this.#key.attributes.from, this.#key.attributes.to)
    const open = writer.length
    for (let column = 0; column < count; column++) {
      column = writer.members(batch.cells, cells, keys, column, count, this.#source)
      if (column === count) break
      const key = { from: keys.froms[column] ?? 0, to: keys.tos[column] ?? 0 }
      this.#value(batch, row, keys.slots[column] ?? -1, keys.literals.source, key)
    }
    for (const { slot, member } of this.#batchAttributes) {
      if (slot >= 0 && batch.value(row, slot) !== undefined) continue
      writer.copy(this.#shared.source, member.from, member.to)
    }
    if (writer.length === open) {
      writer.length = start
    } else {
      writer.bytes[open] = openBrace
      writer.byte(closeBrace)
    }
  }

  /** Writes a key and the value of a cell, or nothing if it has none. */
  #value(batch: LogBatch, row: number, slot: number, literals: ByteSource, key: Literal): void {
    const writer = this.#writer
    const at = (row * batch.stride + slot) * 2
    const a = batch.cells[at] ?? 0
    const b = batch.cells[at + 1] ?? Cell.ABSENT
    if (b === Cell.ABSENT) return
    switch (kindOf(b)) {
      case Cell.STRING:
        writer.copy(literals, key.from, key.to)
        writer.text(this.#source, a, b)
        writer.byte(quote)
        break
      case Cell.ESCAPED:
        writer.copy(literals, key.from, key.to)
        writer.copy(this.#source, a, endOf(b))
        writer.byte(quote)
        break
      case Cell.NUMBER:
        writer.copy(literals, key.from, key.to - 1)
        writer.copy(this.#source, a, endOf(b))
        break
      case Cell.JSON:
        writer.copy(literals, key.from, key.to - 1)
        this.#json(a, endOf(b))
        break
      case Cell.STRUCTURED_DATA:
        writer.copy(literals, key.from, key.to - 1)
        writer.json(JSON.stringify(batch.value(row, slot)))
        break
      case Cell.INTEGER:
        writer.copy(literals, key.from, key.to - 1)
        writer.integer(a)
        break
      case Cell.BOOLEAN:
        writer.copy(literals, key.from, key.to - 1)
        writer.json(a === 1 ? 'true' : 'false')
        break
      case Cell.NULL:
        writer.copy(literals, key.from, key.to - 1)
        writer.json('null')
        break
      case Cell.VALUE: {
        // `undefined` for what is no JSON value at all, whatever its type says.
        const text: string | undefined = JSON.stringify(batch.values[a])
        if (text === undefined) break
        writer.copy(literals, key.from, key.to - 1)
        writer.json(text)
        break
      }
    }
  }

  /** Copies a JSON value. Line breaks in it stand between tokens: a record of several lines can be one JSON object. */
  #json(from: number, to: number): void {
    const writer = this.#writer
    const start = writer.length
    writer.copy(this.#source, from, to)
    const { bytes, length } = writer
    for (let at = start; at < length; at++) {
      if (bytes[at] === newline || bytes[at] === carriageReturn) bytes[at] = space
    }
  }

  #isText(batch: LogBatch, row: number, slot: number): boolean {
    if (slot < 0 || slot >= batch.stride) return false
    const at = (row * batch.stride + slot) * 2
    const kind = kindOf(batch.cells[at + 1] ?? Cell.ABSENT)
    if (kind === Cell.STRING || kind === Cell.ESCAPED) return true
    return kind === Cell.VALUE && typeof batch.values[batch.cells[at] ?? 0] === 'string'
  }

  #isNumber(batch: LogBatch, row: number, slot: number): boolean {
    const value: AttributeValue | undefined = batch.value(row, slot)
    return typeof value === 'number'
  }
}
