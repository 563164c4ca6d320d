import { Buffer } from 'node:buffer'
import { bodySlot, Cell, type FieldName, kindOf, LogBatch, lineSlot } from '@weir/sdk'

const slotIn = (target: LogBatch, column: { slot: number; name: string; isAttribute: boolean }): number => {
  if (column.slot === lineSlot || column.slot === bodySlot) return column.slot
  return column.isAttribute ? target.layout.addAttribute(column.name) : target.layout.addField(column.name as FieldName)
}

/**
 * One batch with the records of several of one signal and resource, in order. Attributes that belong to a whole batch
 * become the records' own.
 */
export function concat(batches: readonly LogBatch[]): LogBatch {
  const [first] = batches
  if (first === undefined) return new LogBatch({ capacity: 1 })
  if (batches.length === 1) return first
  const capacity = batches.reduce((sum, batch) => sum + batch.length, 0)
  const target = new LogBatch({
    signal: first.signal,
    resource: first.resource,
    observedTime: first.observedTime,
    source: first.source,
    capacity: Math.max(1, capacity),
    ...(first.scope === undefined ? {} : { scope: first.scope }),
  })
  target.bytes = Buffer.concat(batches.map((batch) => batch.bytes))
  let shift = 0
  for (const batch of batches) {
    appendRows(target, batch, shift)
    shift += batch.bytes.length
  }
  return target
}

function appendRows(target: LogBatch, batch: LogBatch, shift: number): void {
  const columns = batch.layout.columns.filter(({ slot }) => slot < batch.stride)
  const slots = columns.map((column) => slotIn(target, column))
  const shared = Object.entries(batch.attributes).map(([name, value]) => ({
    slot: target.layout.addAttribute(name),
    value,
  }))
  target.widen()
  for (let index = 0; index < batch.length; index++) {
    const from = batch.rowAt(index)
    const row = target.addRow()
    target.time[row] = batch.time[from] ?? Number.NaN
    target.severityNumber[row] = batch.severityNumber[from] ?? 0
    const remainder = batch.timeRemainder?.[from] ?? 0
    if (remainder !== 0) target.remainders()[row] = remainder
    for (const [position, column] of columns.entries()) {
      const source = (from * batch.stride + column.slot) * 2
      const a = batch.cells[source] ?? 0
      const b = batch.cells[source + 1] ?? Cell.ABSENT
      if (b === Cell.ABSENT) continue
      const at = (row * target.stride + (slots[position] ?? 0)) * 2
      const kind = kindOf(b)
      if (kind === Cell.VALUE) {
        target.setValue(row, slots[position] ?? 0, batch.values[a])
      } else {
        const isRange = kind >= 0
        target.cells[at] = isRange ? a + shift : a
        target.cells[at + 1] = isRange ? b + shift : b
      }
    }
    for (const { slot, value } of shared) {
      if (target.value(row, slot) === undefined) target.setValue(row, slot, value)
    }
  }
}
