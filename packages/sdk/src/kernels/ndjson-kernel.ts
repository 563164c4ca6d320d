import { Buffer } from 'node:buffer'
import type { LogBatch } from '../batch.ts'
import { Cell, endOf, kindOf } from '../cell.ts'
import { lineSlot } from '../layout.ts'
import type { AttributeValue } from '../value.ts'
import { kernelModule } from './module.ts'
import { Regions } from './regions.ts'

/** What `assembly/` exports. Addresses are bytes in its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory
  readonly count: WebAssembly.Global
  readonly position: WebAssembly.Global
  readonly reason: WebAssembly.Global
  firstFree(): number
  begin(
    literals: number,
    columns: number,
    fieldCount: number,
    columnCount: number,
    shared: number,
    sharedCount: number,
    severityText: number,
    fixedBytes: number,
    values: number,
    valueCount: number,
  ): void
  encode(
    rows: number,
    rowCount: number,
    cells: number,
    width: number,
    bias: number,
    lo: number,
    hi: number,
    times: number,
    remainders: number,
    severities: number,
    out: number,
    full: number,
    end: number,
  ): void
}

/** What records of one batch have in common, as the kernel wants it. */
export interface KernelPlan {
  /** 25 severities, 25 severities with their names, `observedTime`, the ending, two keys, then the keys of columns. */
  readonly literals: readonly string[]
  /** Slot, literal and type (0 any, 1 text, 2 number) of each column: fields of the record, then attributes. */
  readonly columns: readonly (readonly [slot: number, literal: number, type: number])[]
  readonly fieldCount: number
  /** Slot (-1 for none) and literal of each attribute of the whole batch. */
  readonly shared: readonly (readonly [slot: number, literal: number])[]
  readonly severityText: number
  /** The batch's values, if they are few; a row with one that is not here is left to JavaScript. */
  readonly values: readonly AttributeValue[]
}

/** What became of the rows: all are written, there is no room for the next, or the next is for JavaScript. */
export type KernelResult = 'done' | 'full' | 'other'
const results: readonly KernelResult[] = ['done', 'full', 'other']

const maxRows = 4096
const maxBytes = 2 ** 20
const maxCells = 2 ** 19
const maxColumns = 512
/** Values of a batch beyond which they are not looked at: then they are not the few that many records share. */
export const maxValues = 256
const maxLiteralBytes = 65_536
const pageBytes = 65_536

/** Encodes records in WebAssembly: rows and their bytes are copied in, and the text is written into a piece. */
export class NdjsonKernel {
  readonly #exports: Exports
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #bytes: Buffer
  readonly #at
  readonly #pieceBytes: number
  /** Half a piece is room for the line with which it ends. */
  readonly #outEnd: number
  #position: number
  /** The rows that have been copied in, by their index in the batch. */
  #from = 0
  #to = 0
  #lo = 0
  #hi = 0

  constructor(module: WebAssembly.Module, pieceBytes: number) {
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    const { memory } = this.#exports
    const regions = new Regions(this.#exports.firstFree())
    this.#pieceBytes = pieceBytes
    this.#at = {
      times: regions.take(maxRows * 8),
      remainders: regions.take(maxRows * 4),
      severities: regions.take(maxRows),
      rows: regions.take(maxRows * 4),
      columns: regions.take(maxColumns * 12),
      shared: regions.take(maxColumns * 8),
      literalTable: regions.take(maxColumns * 8),
      values: regions.take(maxValues * 12),
      literals: regions.take(maxLiteralBytes),
      cells: regions.take(maxCells * 4),
      bytes: regions.take(maxBytes),
      out: regions.take(pieceBytes + Math.ceil(pieceBytes / 2) + pageBytes),
    }
    this.#outEnd = this.#at.out + pieceBytes + Math.ceil(pieceBytes / 2) + pageBytes
    regions.grow(memory)
    this.#words = new Int32Array(memory.buffer)
    this.#times = new Float64Array(memory.buffer)
    this.#bytes = Buffer.from(memory.buffer)
    this.#position = this.#at.out
  }

  /** Begins a piece. @returns whether the kernel can encode records of this plan */
  begin({ literals, columns, fieldCount, shared, severityText, values }: KernelPlan): boolean {
    this.#position = this.#at.out
    this.#to = this.#from = 0
    if (columns.length + shared.length + literals.length > maxColumns) return false
    let at = this.#at.literals
    for (const [index, text] of literals.entries()) {
      const length = Buffer.byteLength(text)
      if (at + length > this.#at.literals + maxLiteralBytes) return false
      const entry = this.#at.literalTable / 4 + index * 2
      this.#words[entry] = at
      this.#words[entry + 1] = length
      at += this.#bytes.write(text, at)
    }
    for (const [index, column] of columns.entries()) this.#words.set(column, this.#at.columns / 4 + index * 3)
    for (const [index, attribute] of shared.entries()) this.#words.set(attribute, this.#at.shared / 4 + index * 2)
    const literalBytes = at - this.#at.literals
    for (const [index, value] of values.entries()) {
      // `undefined` for what is no JSON value at all, whatever its type says.
      const text: string = JSON.stringify(value) ?? ''
      const length = Buffer.byteLength(text)
      const fits = at + length <= this.#at.literals + maxLiteralBytes
      const type = typeof value === 'string' ? 1 : typeof value === 'number' ? 2 : 0
      this.#words.set([at, fits ? length : 0, type], this.#at.values / 4 + index * 3)
      if (fits) at += this.#bytes.write(text, at)
    }
    const fixedBytes = literalBytes + columns.length * 16 + 128
    const { literalTable, columns: columnsAt, shared: sharedAt, values: valuesAt } = this.#at
    this.#exports.begin(
      literalTable,
      columnsAt,
      fieldCount,
      columns.length,
      sharedAt,
      shared.length,
      severityText,
      fixedBytes,
      valuesAt,
      values.length,
    )
    return true
  }

  /** Encodes the records from `index` on. `count` of them are written then. */
  encode(batch: LogBatch, index: number): { count: number; result: KernelResult } {
    if (index < this.#from || index >= this.#to) this.#load(batch, index)
    const { rows, cells, bytes, times, remainders, severities, out } = this.#at
    const width = batch.stride * 2
    const bias = bytes - this.#lo
    this.#exports.encode(
      rows + (index - this.#from) * 4,
      this.#to - index,
      cells,
      width,
      bias,
      this.#lo,
      this.#hi,
      times,
      batch.timeRemainder === null ? 0 : remainders,
      severities,
      this.#position,
      out + this.#pieceBytes,
      this.#outEnd,
    )
    this.#position = this.#exports.position.value
    return { count: this.#exports.count.value, result: results[this.#exports.reason.value] ?? 'other' }
  }

  /** Adds what JavaScript has encoded; `false` if there is no room. */
  append(text: Buffer): boolean {
    if (this.#position + text.length > this.#outEnd) return false
    text.copy(this.#bytes, this.#position)
    this.#position += text.length
    return true
  }

  get isEmpty(): boolean {
    return this.#position === this.#at.out
  }

  get isFull(): boolean {
    return this.#position >= this.#at.out + this.#pieceBytes
  }

  /** What has been written since `begin`, valid until the next one. */
  get piece(): Buffer {
    return this.#bytes.subarray(this.#at.out, this.#position)
  }

  /** Copies in as many records as fit, from `index` on, with the bytes of their lines. */
  #load(batch: LogBatch, index: number): void {
    const { cells, stride, length } = batch
    const width = stride * 2
    const firstRow = batch.rowAt(index)
    const lastIndex = Math.min(length, index + maxRows)
    const rowsThatFit = Math.min(maxRows, Math.floor(maxCells / width))
    const rowsAt = this.#at.rows / 4
    let lo = Number.POSITIVE_INFINITY
    let hi = 0
    let at = index
    for (; at < lastIndex; at++) {
      const row = batch.rowAt(at)
      if (row - firstRow >= rowsThatFit) break
      const line = row * width + lineSlot * 2
      const b = cells[line + 1] ?? Cell.ABSENT
      if (kindOf(b) === Cell.STRING) {
        const from = Math.min(lo, cells[line] ?? 0)
        const to = Math.max(hi, endOf(b))
        if (to - from > maxBytes) break
        lo = from
        hi = to
      }
      this.#words[rowsAt + at - index] = row - firstRow
    }
    this.#from = index
    this.#to = at
    if (hi === 0) {
      lo = 0
      hi = Math.min(maxBytes, batch.bytes.length)
    }
    this.#lo = lo
    this.#hi = hi
    const rowEnd = at === index ? firstRow : batch.rowAt(at - 1) + 1
    this.#words.set(cells.subarray(firstRow * width, rowEnd * width), this.#at.cells / 4)
    this.#times.set(batch.time.subarray(firstRow, rowEnd), this.#at.times / 8)
    this.#bytes.set(batch.severityNumber.subarray(firstRow, rowEnd), this.#at.severities)
    if (batch.timeRemainder !== null) {
      this.#words.set(batch.timeRemainder.subarray(firstRow, rowEnd), this.#at.remainders / 4)
    }
    batch.bytes.copy(this.#bytes, this.#at.bytes, this.#lo, hi)
  }
}

/** A kernel of its own memory, if kernels were built and this machine can run them. */
export function createNdjsonKernel(pieceBytes: number): NdjsonKernel | undefined {
  const module = kernelModule()
  return module === undefined ? undefined : new NdjsonKernel(module, pieceBytes)
}
