import { bodySlot, Cell, endOf, kindOf, type LogBatch, lineSlot } from '@weir/sdk'

/**
 * Makes rows `row` and `next` one record, whose line and body reach to the end of the second line. The second row
 * stays, to be left out by a selection.
 */
export function joinRows(batch: LogBatch, row: number, next: number): void {
  const { cells, stride } = batch
  const first = row * stride * 2
  const second = next * stride * 2
  const start = cells[first + lineSlot * 2] ?? 0
  const lineEnd = endOf(cells[first + 1] ?? 0)
  const end = endOf(cells[second + 1] ?? 0)
  cells[first + 1] = Cell.STRING | end
  const body = first + bodySlot * 2
  const bodyCell = cells[body + 1] ?? Cell.ABSENT
  if (kindOf(bodyCell) === Cell.STRING && endOf(bodyCell) === lineEnd) {
    cells[body + 1] = Cell.STRING | end
  } else {
    const text = batch.value(row, bodySlot)
    const tail = batch.bytes.toString('utf8', lineEnd, end).replaceAll('\r\n', '\n')
    batch.setValue(
      row,
      bodySlot,
      text === undefined ? batch.bytes.toString('utf8', start, end) : `${String(text)}${tail}`,
    )
  }
}

/**
 * Joins the rows that the parser refused and that continue the record before them. Returns the rows that are records,
 * or null if all are.
 */
export function joinContinuations(
  batch: LogBatch,
  continues: (line: string, previous: string) => boolean,
): Uint32Array | null {
  const { failures } = batch
  if (failures.length === 0) return null
  const joined = new Set<number>()
  let head = -1
  let previous = -2
  for (const row of failures) {
    if (row !== previous + 1) head = row - 1
    previous = row
    if (head >= 0 && continues(batch.line(row), batch.line(row - 1))) {
      joinRows(batch, head, row)
      joined.add(row)
    } else {
      head = row
    }
  }
  if (joined.size === 0) return null
  batch.failures = failures.filter((row) => !joined.has(row))
  const rows = new Uint32Array(batch.rowCount - joined.size)
  for (let row = 0, at = 0; row < batch.rowCount; row++) if (!joined.has(row)) rows[at++] = row
  return rows
}

/** Beginning of the line of a row. */
export const lineStart = (batch: LogBatch, row: number): number => batch.cells[row * batch.stride * 2] ?? 0
