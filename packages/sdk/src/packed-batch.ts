import { Buffer } from 'node:buffer'
import { LogBatch, type Scope, type Signal } from './batch.ts'
import { Cell, endOf, kindOf } from './cell.ts'
import { type FieldName, Layout } from './layout.ts'
import type { AttributeMap, AttributeValue } from './value.ts'

/** A batch as it crosses to another thread, or to the disk: its large parts are moved or copied, the rest is cloned. */
export interface PackedBatch {
  readonly bytes: Uint8Array
  /** Where these bytes stood in those of the batch. */
  readonly offset: number
  readonly cells: Int32Array
  readonly time: Float64Array
  readonly timeRemainder: Uint32Array | null
  readonly severityNumber: Uint8Array
  readonly rowCount: number
  readonly stride: number
  /** Names of the columns after line and body; a field's begins with a NUL. */
  readonly columns: readonly string[]
  readonly values: AttributeValue[]
  readonly failures: number[]
  readonly signal: Signal
  readonly scope: Scope | undefined
  readonly resource: AttributeMap
  readonly attributes: AttributeMap
  readonly source: string
  readonly observedTime: number
}

const fieldMark = '\0'

/**
 * Copies what a batch uses, its bytes included, so that both threads can go on with their own. Of a selection, the
 * selected rows alone: they are rows 0, 1, … there.
 * @param whole the batch's bytes where they can go along as they are, uncopied
 */
export function packBatch(selected: LogBatch, whole?: Uint8Array): PackedBatch {
  const { bytes, cells, time, timeRemainder, severityNumber, ...rest } = packedView(selected, whole)
  return {
    ...rest,
    bytes: whole ?? new Uint8Array(bytes),
    cells: rebase(cells.slice(), rest.offset),
    time: time.slice(),
    timeRemainder: timeRemainder?.slice() ?? null,
    severityNumber: severityNumber.slice(),
  }
}

/** Lets ranges count from an offset: their cells then stand on the bytes from there on. */
export function rebase(cells: Int32Array, from: number): Int32Array {
  for (let at = 0; from > 0 && at < cells.length; at += 2) {
    const b = cells[at + 1] ?? -1
    if (kindOf(b) < 0) continue
    cells[at] = (cells[at] ?? 0) - from
    cells[at + 1] = b - from
  }
  return cells
}

/** What `packBatch` copies, uncopied: the batch's own columns. Cells are not rebased on `offset` yet. */
export function packedView(selected: LogBatch, whole?: Uint8Array): PackedBatch {
  const batch = selected.selection === null ? selected : compacted(selected, selected.selection)
  const { rowCount, stride } = batch
  const cells = batch.cells.subarray(0, rowCount * stride * 2)
  const { length } = batch.bytes
  // Most batches stand on bytes of their own: then looking for the used ones costs more than it saves.
  const isMostlyUsed = selected === batch && length <= batch.knownByteLength * 2
  const { from, to } = whole !== undefined || isMostlyUsed ? { from: 0, to: length } : usedBytes(cells)
  return {
    bytes: whole ?? batch.bytes.subarray(from, to),
    offset: from,
    cells,
    time: batch.time.subarray(0, rowCount),
    timeRemainder: batch.timeRemainder?.subarray(0, rowCount) ?? null,
    severityNumber: batch.severityNumber.subarray(0, rowCount),
    rowCount,
    stride,
    columns: batch.layout.columns
      .slice(2, stride)
      .map(({ name, isAttribute }) => (isAttribute ? name : fieldMark + name)),
    values: batch.values,
    failures: batch.failures,
    signal: batch.signal,
    scope: batch.scope,
    resource: { ...batch.resource },
    attributes: { ...batch.attributes },
    source: batch.source,
    observedTime: batch.observedTime,
  }
}

/** A batch of the selected rows alone. */
function compacted(batch: LogBatch, rows: Uint32Array): LogBatch {
  const width = batch.stride * 2
  const { length } = rows
  const compact = batch.select(null)
  compact.rowCount = length
  const first = rows[0] ?? 0
  const isRun = (rows[length - 1] ?? 0) - first === length - 1
  if (isRun) {
    compact.cells = batch.cells.slice(first * width, (first + length) * width)
    compact.time = batch.time.slice(first, first + length)
    compact.severityNumber = batch.severityNumber.slice(first, first + length)
    compact.timeRemainder = batch.timeRemainder?.slice(first, first + length) ?? null
  } else {
    compact.cells = new Int32Array(length * width)
    for (let to = 0; to < length; to++) {
      const from = (rows[to] ?? 0) * width
      for (let at = 0; at < width; at++) compact.cells[to * width + at] = batch.cells[from + at] ?? 0
    }
    compact.time = Float64Array.from(rows, (row) => batch.time[row] ?? Number.NaN)
    compact.severityNumber = Uint8Array.from(rows, (row) => batch.severityNumber[row] ?? 0)
    const { timeRemainder } = batch
    compact.timeRemainder = timeRemainder && Uint32Array.from(rows, (row) => timeRemainder[row] ?? 0)
  }
  const failed = new Set(batch.failures)
  compact.failures = []
  if (failed.size > 0) for (let to = 0; to < length; to++) if (failed.has(rows[to] ?? 0)) compact.failures.push(to)
  compact.values = []
  if (batch.values.length > 0) keepValues(compact, batch.values)
  return compact
}

/** Takes over those of the values that the cells refer to. */
function keepValues({ cells, values }: LogBatch, all: readonly AttributeValue[]): void {
  for (let at = 0; at < cells.length; at += 2) {
    if (kindOf(cells[at + 1] ?? -1) !== Cell.VALUE) continue
    const value = all[cells[at] ?? 0]
    cells[at] = values.length
    values.push(value ?? null)
  }
}

/** The bytes that ranges point to. */
function usedBytes(cells: Int32Array): { from: number; to: number } {
  let from = Number.MAX_SAFE_INTEGER
  let to = 0
  for (let at = 0; at < cells.length; at += 2) {
    const b = cells[at + 1] ?? -1
    if (kindOf(b) < 0) continue
    const a = cells[at] ?? 0
    if (a < from) from = a
    if (endOf(b) > to) to = endOf(b)
  }
  return to === 0 ? { from: 0, to: 0 } : { from, to }
}

/** The buffers of a packed batch, to be moved rather than copied. */
export const transferList = ({ bytes, cells, time, timeRemainder, severityNumber }: PackedBatch): ArrayBuffer[] =>
  [bytes, cells, time, severityNumber, ...(timeRemainder === null ? [] : [timeRemainder])].map(
    ({ buffer }) => buffer as ArrayBuffer,
  )

const isPacked = (value: unknown): value is PackedBatch =>
  typeof value === 'object' && value !== null && 'cells' in value && 'columns' in value

/** The buffers of the packed batches in an answer. */
export function packedBuffers(answer: unknown): ArrayBuffer[] {
  const inside = Array.isArray(answer) ? answer : [answer, Object(answer).batch]
  return inside.filter(isPacked).flatMap(transferList)
}

/** Layouts by their columns: batches of one parser share one, so that what is cached by layout stays of use. */
const layouts = new Map<string, Layout>()
const maxLayouts = 256

function layoutOf(columns: readonly string[]): Layout {
  const key = columns.join('\n')
  let layout = layouts.get(key)
  if (layout === undefined) {
    layout = new Layout()
    for (const column of columns) {
      if (column.startsWith(fieldMark)) layout.addField(column.slice(1) as FieldName)
      else layout.addAttribute(column)
    }
    if (layouts.size >= maxLayouts) layouts.clear()
    layouts.set(key, layout)
  }
  return layout
}

/** The batch that was packed, around the moved buffers. */
export function unpackBatch(packed: PackedBatch): LogBatch {
  const batch = new LogBatch({ capacity: 0, layout: layoutOf(packed.columns), signal: packed.signal })
  Object.defineProperty(batch, 'capacity', { value: packed.rowCount, enumerable: true })
  const { bytes, columns: _, offset: __, ...rest } = packed
  Object.assign(batch, rest)
  batch.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return batch
}
