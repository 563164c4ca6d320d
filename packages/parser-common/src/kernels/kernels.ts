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
  readonly placements: WebAssembly.Global
  readonly reason: WebAssembly.Global
  readonly hasNanoseconds: WebAssembly.Global
  forgetKeys(severityText: number, traceId: number, spanId: number): void
  addSeverity(at: number, length: number, severity: number): void
  addKey(at: number, length: number, place: number): number
  json(
    from: number,
    to: number,
    shift: number,
    cells: number,
    times: number,
    remainders: number,
    severities: number,
    places: number,
    placesEnd: number,
    width: number,
    capacity: number,
  ): number
}

/** Rows that one call writes at most. */
const maxRows = 4096
const cellWords = maxRows * 32
/** Values of JSON that one call leaves to JavaScript at most. */
const maxPlaces = 16_384
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
  readonly #placesAt: number
  /** The values that `json` has left to JavaScript: row (from the first that it added), number of the key, and the cell. */
  readonly places: Int32Array

  /** @param pageBytes room for the page, with what may be read behind it */
  constructor(module: WebAssembly.Module, pageBytes: number) {
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    const { memory } = this.#exports
    this.#timesAt = (this.#exports.firstFree() + 15) & ~15
    this.#remaindersAt = this.#timesAt + maxRows * 8
    this.#severitiesAt = this.#remaindersAt + maxRows * 4
    this.#cellsAt = this.#severitiesAt + maxRows
    this.#placesAt = this.#cellsAt + cellWords * 4
    this.page = this.#placesAt + maxPlaces * 16
    memory.grow(Math.ceil((this.page + pageBytes - memory.buffer.byteLength) / wasmPageBytes))
    this.buffer = memory.buffer
    this.#cells = new Int32Array(memory.buffer, this.#cellsAt, cellWords)
    this.places = new Int32Array(memory.buffer, this.#placesAt, maxPlaces * 4)
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
    this.#moveRows(batch, count, false)
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
    this.#moveRows(batch, this.#exports.messages.value, this.#exports.hasRemainders.value !== 0)
    return end - page
  }

  /** Forgets the keys of JSON that it was told; `slots` are those of the fields. */
  forgetKeys(slots: { readonly severityText: number; readonly traceId: number; readonly spanId: number }): void {
    this.#exports.forgetKeys(slots.severityText * 8, slots.traceId * 8, slots.spanId * 8)
  }

  /** Makes a word for a severity known, of at most sixteen bytes. */
  addSeverity(word: Uint8Array, severity: number): void {
    new Uint8Array(this.buffer, this.#placesAt, word.length).set(word)
    this.#exports.addSeverity(this.#placesAt, word.length, severity)
  }

  /**
   * Makes a key of JSON known, by its bytes as they stand in the input.
   * @param slot where its values go, or the complement of its role; those of role 0 go to `places`
   * @returns its number, or 0 if there is no room
   */
  addKey(raw: Uint8Array, slot: number): number {
    if (raw.length > maxPlaces * 16) return 0
    new Uint8Array(this.buffer, this.#placesAt, raw.length).set(raw)
    return this.#exports.addKey(this.#placesAt, raw.length, slot < 0 ? slot : slot * 8)
  }

  /**
   * Adds the JSON objects in `page[from…to)` to the batch, one a line, up to the first that is none or has a key that is
   * not known. The batch must have room for all slots.
   */
  json(from: number, to: number, batch: LogBatch): number {
    const { page } = this
    const [cells, times, severities, places] = [this.#cellsAt, this.#timesAt, this.#severitiesAt, this.#placesAt]
    const end = this.#exports.json(
      page + from,
      page + to,
      -page,
      cells,
      times,
      this.#remaindersAt,
      severities,
      places,
      places + maxPlaces * 16,
      batch.stride * 2,
      this.#roomFor(batch),
    )
    this.#moveRows(batch, this.#exports.objects.value, this.#exports.hasNanoseconds.value !== 0)
    return end - page
  }

  /** How many values there are in `places`. */
  get placements(): number {
    return this.#exports.placements.value
  }

  /** Whether `json` stopped at a line that is for JavaScript. */
  get isAtOther(): boolean {
    return this.#exports.reason.value !== 0
  }

  #roomFor(batch: LogBatch): number {
    return Math.min(maxRows, batch.capacity - batch.rowCount, Math.floor(cellWords / (batch.stride * 2)))
  }

  #moveRows(batch: LogBatch, count: number, hasRemainders: boolean): void {
    if (count === 0) return
    const width = batch.stride * 2
    const row = batch.rowCount
    batch.cells.set(this.#cells.subarray(0, count * width), row * width)
    batch.time.set(this.#times.subarray(0, count), row)
    batch.severityNumber.set(this.#severities.subarray(0, count), row)
    if (hasRemainders || batch.timeRemainder !== null) batch.remainders().set(this.#remainders.subarray(0, count), row)
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
