import { Buffer, isUtf8 } from 'node:buffer'
import {
  type AttributeMap,
  type BatchOptions,
  bodySlot,
  Cell,
  Layout,
  LogBatch,
  type Scope,
  severityName,
  WeirError,
} from '@weir/sdk'
import { AttributeKeys } from './attribute-keys.ts'
import { endOfNested, endOfNumber, endOfString, hasEscapes, integerOf, standsAt } from './json-text.ts'
import { type ParsedRecord, parseRecord } from './parsed-record.ts'
import { TimeText } from './time-text.ts'

const literal = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const key = {
  time: literal('"time":"'),
  severityNumber: literal('"severityNumber":'),
  severityText: literal('"severityText":"'),
  body: literal('"body":'),
  traceId: literal('"traceId":"'),
  spanId: literal('"spanId":"'),
  flags: literal('"flags":'),
  eventName: literal('"eventName":"'),
  attributes: literal('"attributes":{'),
}
const severityNames = Array.from({ length: 25 }, (_, number) => literal(`${severityName(number)}"`))
const textFields = ['traceId', 'spanId'] as const
const words = [
  { text: literal('true'), kind: Cell.BOOLEAN, a: 1 },
  { text: literal('false'), kind: Cell.BOOLEAN, a: 0 },
  { text: literal('null'), kind: Cell.NULL, a: 0 },
]

const newline = 0x0a
const quote = 0x22
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
/** Most digits of which every number fits in a cell. */
const maxDigits = 9

/** What the records of a batch share, and the end of their lines that says so. */
interface Shared {
  readonly ending: Uint8Array
  readonly resource: AttributeMap
  readonly scope: Scope | undefined
}

/**
 * Decodes what the SDK's `NdjsonEncoder` writes: records in batches over the bytes, one batch for each run of records of
 * one resource and scope. Lines as the encoder writes them are read as bytes; JSON of the same meaning in another order
 * or with other spaces is parsed.
 */
export class RecordDecoder {
  #layout = new Layout()
  #keys = new AttributeKeys(this.#layout)
  readonly #time = new TimeText()
  #shared: Shared = { ending: literal('}'), resource: {}, scope: undefined }

  /**
   * @param options what the batches have that does not stand in the lines
   * @throws WeirError `WEIR_MESSAGE_RECORD` when a line is no record
   */
  decode(text: Buffer, options: BatchOptions = {}): LogBatch[] {
    const bytes = isUtf8(text) ? text : Buffer.from(text.toString('utf8'))
    const batches: LogBatch[] = []
    let batch: LogBatch | undefined
    let began = 0
    const finish = (at: number) => {
      if (batch !== undefined) batch.knownByteLength = at - began
      began = at
    }
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(newline, at)
      const end = found < 0 ? bytes.length : found
      if (end > at) {
        // A line is read again where it turns out to begin another batch.
        while (batch === undefined || batch.isFull || !this.#line(batch, at, end)) {
          finish(at)
          batch = this.#begin(bytes, at, options)
          batches.push(batch)
        }
      }
      at = end + 1
    }
    finish(bytes.length)
    return batches
  }

  #begin(bytes: Buffer, from: number, options: BatchOptions): LogBatch {
    if (this.#layout.isCrowded) {
      this.#layout = new Layout()
      this.#keys = new AttributeKeys(this.#layout)
    }
    const batch = new LogBatch({ ...options, layout: this.#layout, capacity: linesIn(bytes, from) })
    batch.bytes = bytes
    return batch
  }

  /** Adds the record of a line; false if it belongs in a batch of its own. */
  #line(batch: LogBatch, from: number, to: number): boolean {
    const row = batch.addRow()
    const ending = this.#fields(batch, row, from, to)
    if (ending < 0) return this.#parsed(batch, row, from, to)
    if (!this.#isShared(batch.bytes, ending, to)) {
      const shared = sharedOf(batch.bytes, ending, to)
      if (shared === undefined) return this.#parsed(batch, row, from, to)
      this.#shared = shared
    }
    return this.#joins(batch, this.#shared)
  }

  #isShared(bytes: Buffer, from: number, to: number): boolean {
    const { ending } = this.#shared
    return ending.length === to - from && standsAt(bytes, from, ending)
  }

  /** Whether the newest row is of the batch's resource and scope, which it decides if it is the first; else it is taken back. */
  #joins(batch: LogBatch, { resource, scope }: Pick<Shared, 'resource' | 'scope'>): boolean {
    if (batch.rowCount === 1) {
      batch.resource = resource
      batch.scope = scope
      return true
    }
    if (batch.resource === resource && batch.scope === scope) return true
    batch.rowCount--
    return false
  }

  /** Reads the members of a line up to those that records share; returns where these begin, or -1. */
  #fields(batch: LogBatch, row: number, from: number, to: number): number {
    const { bytes, layout } = batch
    if (bytes[from] !== openBrace) return -1
    let at = from + 1
    if (standsAt(bytes, at, key.time)) {
      const start = at + key.time.length
      const end = endOfString(bytes, start, to)
      if (end < 0 || !this.#time.read(bytes, start, end)) return -1
      batch.time[row] = this.#time.ms
      if (this.#time.remainder !== 0) batch.remainders()[row] = this.#time.remainder
      at = this.#after(bytes, end + 1)
    }
    if (standsAt(bytes, at, key.severityNumber)) {
      at = this.#severity(batch, row, at + key.severityNumber.length, to)
    } else if (standsAt(bytes, at, key.severityText)) {
      at = this.#after(
        bytes,
        this.#value(batch, row, layout.addField('severityText'), at + key.severityText.length - 1, to),
      )
    }
    if (at > 0 && standsAt(bytes, at, key.body)) {
      at = this.#after(bytes, this.#value(batch, row, bodySlot, at + key.body.length, to))
    }
    for (const name of textFields) {
      if (at <= 0 || !standsAt(bytes, at, key[name])) continue
      at = this.#after(bytes, this.#value(batch, row, layout.addField(name), at + key[name].length - 1, to))
    }
    if (at > 0 && standsAt(bytes, at, key.flags)) {
      if (endOfNumber(bytes, at + key.flags.length) < 0) return -1
      at = this.#after(bytes, this.#value(batch, row, layout.addField('flags'), at + key.flags.length, to))
    }
    if (at > 0 && standsAt(bytes, at, key.eventName)) {
      at = this.#after(bytes, this.#value(batch, row, layout.addField('eventName'), at + key.eventName.length - 1, to))
    }
    if (at > 0 && standsAt(bytes, at, key.attributes)) {
      at = this.#after(bytes, this.#attributes(batch, row, at + key.attributes.length, to))
    }
    // What is left begins after a comma, or is the brace.
    return at > 0 && at <= to ? at : -1
  }

  /** The offset of the next member, or of the brace that ends the line; -1 if neither follows. */
  #after(bytes: Buffer, at: number): number {
    if (at < 0) return -1
    if (bytes[at] === comma) return at + 1
    return bytes[at] === closeBrace ? at : -1
  }

  /** Reads a severity's number, and its text unless that is its name. */
  #severity(batch: LogBatch, row: number, from: number, to: number): number {
    const { bytes, layout } = batch
    const end = endOfNumber(bytes, from)
    const number = end - from <= 2 && end > 0 ? integerOf(bytes, from, end) : -1
    if (!(number >= 1 && number <= 24)) return -1
    batch.severityNumber[row] = number
    const at = this.#after(bytes, end)
    if (at < 0) return -1
    const slot = layout.field('severityText')
    if (!standsAt(bytes, at, key.severityText)) {
      batch.setValue(row, slot < 0 ? layout.addField('severityText') : slot, '')
      return at
    }
    const text = at + key.severityText.length
    const name = severityNames[number]
    if (name !== undefined && standsAt(bytes, text, name)) return this.#after(bytes, text + name.length)
    return this.#after(bytes, this.#value(batch, row, layout.addField('severityText'), text - 1, to))
  }

  /** Reads members up to and with the closing brace; returns the offset after it. */
  #attributes(batch: LogBatch, row: number, from: number, to: number): number {
    const { bytes } = batch
    const keys = this.#keys
    keys.rewind()
    let at = from
    for (;;) {
      if (bytes[at] !== quote) return -1
      const end = keys.read(bytes, at, to)
      if (end < 0) return -1
      at = this.#value(batch, row, keys.slot, end, to)
      if (at < 0) return -1
      if (bytes[at] === closeBrace) return at + 1
      if (bytes[at] !== comma) return -1
      at++
    }
  }

  /** Reads a value into a cell; returns the offset after it, or -1. */
  #value(batch: LogBatch, row: number, slot: number, from: number, to: number): number {
    if (slot >= batch.stride) batch.widen()
    const { bytes, cells } = batch
    const at = (row * batch.stride + slot) * 2
    const first = bytes[from]
    if (first === quote) {
      const end = endOfString(bytes, from + 1, to)
      cells[at] = from + 1
      cells[at + 1] = (hasEscapes ? Cell.ESCAPED : Cell.STRING) | end
      return end < 0 ? -1 : end + 1
    }
    if (first === openBrace || first === openBracket) {
      const end = endOfNested(bytes, from, to)
      if (end < 0 || !isJson(bytes, from, end)) return -1
      cells[at] = from
      cells[at + 1] = Cell.JSON | end
      return end
    }
    for (const { text, kind, a } of words) {
      if (first !== text[0] || !standsAt(bytes, from, text)) continue
      cells[at] = a
      cells[at + 1] = kind
      return from + text.length
    }
    const end = endOfNumber(bytes, from)
    if (end < 0) return -1
    const isSmall = end - from <= maxDigits && isInteger(bytes, from, end)
    cells[at] = isSmall ? integerOf(bytes, from, end) : from
    cells[at + 1] = isSmall ? Cell.INTEGER : Cell.NUMBER | end
    return end
  }

  /** Adds the record of a line by way of `JSON.parse`. */
  #parsed(batch: LogBatch, row: number, from: number, to: number): boolean {
    batch.rowCount = row
    batch.addRow()
    const text = batch.bytes.toString('utf8', from, to)
    const record = parseRecord(text, this.#time)
    if (record === undefined) {
      throw new WeirError(`not a record: ${text.slice(0, 80)}`, { code: 'WEIR_MESSAGE_RECORD' })
    }
    const shared = this.#sharedBy(record)
    if (!this.#joins(batch, shared)) return false
    if (record.observedTime !== undefined && row === 0) batch.observedTime = record.observedTime
    record.fill(batch, row)
    return true
  }

  #sharedBy({ resource, scope }: ParsedRecord): Shared {
    const members = [
      ...(resource === undefined ? [] : [`"resource":${JSON.stringify(resource)}`]),
      ...(scope === undefined ? [] : [`"scope":${JSON.stringify(scope)}`]),
    ]
    const ending = literal(`${members.join(',')}}`)
    if (Buffer.compare(ending, this.#shared.ending) !== 0) this.#shared = { ending, resource: resource ?? {}, scope }
    return this.#shared
  }
}

function linesIn(bytes: Buffer, from: number): number {
  let count = 1
  for (let at = bytes.indexOf(newline, from); at >= 0; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

function isInteger(bytes: Buffer, from: number, to: number): boolean {
  // -0 is no integer of 32 bits.
  if (bytes[from] === 0x2d && bytes[from + 1] === 0x30) return false
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 0x2e || byte === 0x65 || byte === 0x45) return false
  }
  return true
}

function isJson(bytes: Buffer, from: number, to: number): boolean {
  try {
    JSON.parse(bytes.toString('utf8', from, to))
    return true
  } catch {
    return false
  }
}

/** The resource and scope that the end of a line tells; undefined if it tells something else. */
function sharedOf(bytes: Buffer, from: number, to: number): Shared | undefined {
  const record = parseRecord(`{${bytes.toString('utf8', from, to)}`, new TimeText())
  if (record === undefined || !record.isSharedOnly) return undefined
  return { ending: new Uint8Array(bytes.subarray(from, to)), resource: record.resource ?? {}, scope: record.scope }
}
