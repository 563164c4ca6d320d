import { existsSync, readFileSync } from 'node:fs'
import type { LogBatch } from '@weir/sdk'

/** What `assembly/` exports. Addresses are bytes in its memory, widths 32-bit words. */
interface Exports {
  readonly memory: WebAssembly.Memory
  readonly rows: WebAssembly.Global
  firstFree(): number
  access(
    from: number,
    to: number,
    shift: number,
    cells: number,
    times: number,
    severities: number,
    width: number,
    capacity: number,
    format: number,
  ): number
  readonly objects: WebAssembly.Global
  readonly messages: WebAssembly.Global
  readonly hasRemainders: WebAssembly.Global
  syslog(
    from: number,
    to: number,
    shift: number,
    cells: number,
    times: number,
    remainders: number,
    severities: number,
    width: number,
    capacity: number,
    texts: number,
  ): number
  json(from: number, to: number, shift: number, out: number, outEnd: number, capacity: number): number
}

/** Rows that one call writes at most. */
const maxRows = 4096
const cellWords = maxRows * 32
const wasmPageBytes = 65_536

export type AccessFormatCode = 0 | 1 | 2

/**
 * The kernels in WebAssembly, and the memory that they work on: the page that scanners read, and the rows that they
 * write, which are copied into the batch.
 */
export class Kernels {
  /** The memory; the page is a part of it. */
  readonly buffer: ArrayBuffer
  /** Where in the memory the page begins. */
  readonly page: number
  readonly #exports: Exports
  readonly #cellsAt: number
  readonly #timesAt: number
  readonly #remaindersAt: number
  readonly #severitiesAt: number
  readonly #cells: Int32Array
  readonly #times: Float64Array
  readonly #remainders: Uint32Array
  readonly #severities: Uint8Array
  /** What `json` has read, in place of rows. */
  readonly tokens: Int32Array

  /** @param pageBytes room for the page, with what may be read behind it */
  constructor(module: WebAssembly.Module, pageBytes: number) {
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    const { memory } = this.#exports
    this.#timesAt = (this.#exports.firstFree() + 15) & ~15
    this.#remaindersAt = this.#timesAt + maxRows * 8
    this.#severitiesAt = this.#remaindersAt + maxRows * 4
    this.#cellsAt = this.#severitiesAt + maxRows
    this.page = this.#cellsAt + cellWords * 4
    memory.grow(Math.ceil((this.page + pageBytes - memory.buffer.byteLength) / wasmPageBytes))
    this.buffer = memory.buffer
    this.#cells = new Int32Array(memory.buffer, this.#cellsAt, cellWords)
    this.tokens = this.#cells
    this.#times = new Float64Array(memory.buffer, this.#timesAt, maxRows)
    this.#remainders = new Uint32Array(memory.buffer, this.#remaindersAt, maxRows)
    this.#severities = new Uint8Array(memory.buffer, this.#severitiesAt, maxRows)
  }

  /** Adds the access lines in `page[from…to)` to the batch, up to the first that is not of the plain form. */
  access(from: number, to: number, batch: LogBatch, format: AccessFormatCode): number {
    const { page } = this
    const width = batch.stride * 2
    const [cells, times, severities] = [this.#cellsAt, this.#timesAt, this.#severitiesAt]
    const room = this.#roomFor(batch)
    const end = this.#exports.access(page + from, page + to, -page, cells, times, severities, width, room, format)
    const row = batch.rowCount
    const count = this.#exports.rows.value
    this.#moveRows(batch, count)
    batch.timeRemainder?.fill(0, row, row + count)
    return end - page
  }

  /**
   * Adds the messages of RFC 5424 in `page[from…to)` to the batch, up to the first that is not of the plain form.
   * @param texts index of the texts of severities, then facilities, among the batch's values
   */
  syslog(from: number, to: number, batch: LogBatch, texts: number): number {
    const { page } = this
    const width = batch.stride * 2
    const [cells, times, remainders] = [this.#cellsAt, this.#timesAt, this.#remaindersAt]
    const room = this.#roomFor(batch)
    const severities = this.#severitiesAt
    const end = this.#exports.syslog(
      page + from,
      page + to,
      -page,
      cells,
      times,
      remainders,
      severities,
      width,
      room,
      texts,
    )
    const row = batch.rowCount
    const count = this.#exports.messages.value
    this.#moveRows(batch, count)
    if (batch.timeRemainder !== null || this.#exports.hasRemainders.value !== 0) {
      batch.remainders().set(this.#remainders.subarray(0, count), row)
    }
    return end - page
  }

  /**
   * Reads JSON objects, one a line, into `tokens`: four words for each line (where it begins, the offset of its newline,
   * how many members it has or -1 if it is no object, nothing), then four for each member (beginning and end of its key,
   * the complement of the end if the key has escapes, and the cell of its value).
   * @returns the beginning of the first line that was not read: there are more than fit, or it has too many members
   */
  json(from: number, to: number, capacity: number): { reached: number; lines: number } {
    const { page } = this
    const outEnd = this.#cellsAt + cellWords * 4
    const reached = this.#exports.json(page + from, page + to, -page, this.#cellsAt, outEnd, capacity) - page
    return { reached, lines: this.#exports.objects.value }
  }

  #roomFor(batch: LogBatch): number {
    return Math.min(maxRows, batch.capacity - batch.rowCount, Math.floor(cellWords / (batch.stride * 2)))
  }

  #moveRows(batch: LogBatch, count: number): void {
    const width = batch.stride * 2
    const row = batch.rowCount
    batch.cells.set(this.#cells.subarray(0, count * width), row * width)
    batch.time.set(this.#times.subarray(0, count), row)
    batch.severityNumber.set(this.#severities.subarray(0, count), row)
    batch.rowCount = row + count
  }
}

/** The kernels, if they were built and this machine can run them. */
export function loadKernels(pageBytes: number): Kernels | undefined {
  const path = new URL('../../dist/kernels.wasm', import.meta.url)
  if (!existsSync(path)) return undefined
  const bytes = readFileSync(path)
  return WebAssembly.validate(bytes) ? new Kernels(new WebAssembly.Module(bytes), pageBytes) : undefined
}
