import { Cell, Layout, type LogBatch } from '@weir/sdk'
import { FieldPlacer, type PlacerOptions } from './field-placer.ts'
import { type Key, KeyTable } from './key-table.ts'
import type { PageTime } from './page-time.ts'
import { Role, type Roles } from './well-known-keys.ts'

/**
 * Columns of formats whose records bring their own keys: which keys there are, and in which cells their values go. Starts
 * over when there are too many.
 */
export class KeyedColumns {
  readonly #roles: Roles
  readonly #time: PageTime
  readonly #options: PlacerOptions
  keys: KeyTable
  fields: FieldPlacer

  constructor(roles: Roles, time: PageTime, options: PlacerOptions = {}) {
    this.#roles = roles
    this.#time = time
    this.#options = options
    this.keys = new KeyTable(new Layout(), roles)
    this.fields = new FieldPlacer(this.keys, time, options)
  }

  /** The layout of the next batch. */
  get layout(): Layout {
    if (this.keys.layout.isCrowded) {
      this.keys = new KeyTable(new Layout(), this.#roles)
      this.fields = new FieldPlacer(this.keys, this.#time, this.#options)
    }
    return this.keys.layout
  }

  /** Begins a row over a line whose end is not known yet: body and all else are absent. */
  begin(batch: LogBatch, start: number): number {
    const row = batch.rowCount++
    const { cells } = batch
    const at = row * batch.stride * 2
    for (let cell = at + 3, rowEnd = at + batch.stride * 2; cell < rowEnd; cell += 2) cells[cell] = Cell.ABSENT
    cells[at] = start
    cells[at + 2] = start
    batch.time[row] = Number.NaN
    batch.severityNumber[row] = 0
    if (batch.timeRemainder !== null) batch.timeRemainder[row] = 0
    this.fields.begin()
    return row
  }

  /** Puts the value of a key where it belongs. */
  set(batch: LogBatch, row: number, key: Key, a: number, b: number): void {
    if (key.role !== Role.ATTRIBUTE) {
      this.fields.place(batch, row, key, a, b)
      return
    }
    if (key.slot >= batch.stride) batch.widen()
    const cell = (row * batch.stride + key.slot) * 2
    batch.cells[cell] = a
    batch.cells[cell + 1] = b
  }

  /**
   * Puts values where they belong that a kernel has left.
   * @param places four numbers each: row, counted from `firstRow`; the key's index in `keys`; and the cell
   */
  placeAll(
    batch: LogBatch,
    firstRow: number,
    places: Int32Array,
    count: number,
    keys: readonly (Key | undefined)[],
  ): void {
    let last = -1
    for (let at = 0; at < count * 4; at += 4) {
      const row = firstRow + (places[at] ?? 0)
      const key = keys[places[at + 1] ?? 0]
      if (key === undefined) continue
      if (row !== last) this.fields.begin()
      last = row
      this.fields.place(batch, row, key, places[at + 2] ?? 0, places[at + 3] ?? Cell.ABSENT)
    }
  }

  /** The line ends; without a message the body is the line. */
  end(batch: LogBatch, row: number, end: number): void {
    const { cells } = batch
    const at = row * batch.stride * 2
    cells[at + 1] = end
    if (cells[at + 3] === Cell.ABSENT) cells[at + 3] = end
  }

  /** The line is not of this format; an empty one is no row at all. */
  refuse(batch: LogBatch, row: number, end: number): void {
    const at = row * batch.stride * 2
    if (batch.cells[at] === end) {
      batch.rowCount = row
      return
    }
    batch.cells[at + 1] = end
    batch.fail(row)
  }
}
