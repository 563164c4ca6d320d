import { bodySlot, Cell, endOf, kindOf, type LogBatch, lineSlot } from '@weir/sdk'

/** How lines of a format tell that they are parts. */
export interface PartSigns {
  /** Whether the message of a row goes on in another one. */
  isPart(batch: LogBatch, row: number): boolean
  /** The column that tells what the last part says of the whole, if there is one. */
  readonly tag?: string
}

/** CRI has a tag: `P` for a part, `F` for the last one. */
export const criSigns: PartSigns = {
  tag: 'logtag',
  isPart: ({ cells, bytes, layout, stride }, row) =>
    bytes[cells[(row * stride + layout.attribute('logtag')) * 2] ?? 0] === 0x50,
}

/** Docker cuts after 16 KiB; a message that is complete ends with a line break, which the scanner has left out. */
export const dockerSigns: PartSigns = {
  isPart({ cells, bytes, stride }, row) {
    const b = cells[(row * stride + bodySlot) * 2 + 1] ?? Cell.ABSENT
    const kind = kindOf(b)
    return (kind === Cell.STRING || kind === Cell.ESCAPED) && bytes[endOf(b)] === 0x22
  },
}

interface Region {
  /** Row that is the first of the region. */
  readonly first: number
  /** Offset up to which it was read. */
  readonly reached: number
  /** What is not complete is taken as it is. */
  readonly isFinal: boolean
  /** So it is if it would be all: nothing more has room, or will come. */
  readonly mustAdvance: boolean
  readonly patienceMs: number
}

/**
 * Makes one row of the rows that are parts of one message. Parts of the two streams of a container may alternate.
 * Unless the region is final, its rows end before the first message that is not complete.
 * @returns the offset after the last row that stays
 */
export function joinParts(batch: LogBatch, region: Region, signs: PartSigns): number {
  const { closed, open } = messagesOf(batch, region, signs)
  if (closed.length === 0 && open.length === 0) return region.reached
  const before = region.isFinal || open.length === 0 ? batch.rowCount : cutBefore(open, closed)
  const takesAll = region.isFinal || (region.mustAdvance && before === region.first)
  const whole = takesAll ? [...closed, ...open] : closed
  const cut = takesAll ? batch.rowCount : before
  const reached = cut === batch.rowCount ? region.reached : (batch.cells[cut * batch.stride * 2] ?? region.reached)
  batch.rowCount = cut
  while ((batch.failures.at(-1) ?? -1) >= cut) batch.failures.pop()
  const joined = whole.filter(([head = 0, ...rest]) => head < cut && rest.length > 0)
  for (const rows of joined) joinRows(batch, rows, signs)
  removeRows(batch, new Set(joined.flatMap(([, ...rest]) => rest)))
  return reached
}

/** Rows of messages that have several, or are not complete: of each its rows, in order. */
function messagesOf(
  batch: LogBatch,
  { first, patienceMs }: Region,
  signs: PartSigns,
): { closed: number[][]; open: number[][] } {
  const closed: number[][] = []
  const openOf: (number[] | undefined)[] = [undefined, undefined]
  const streamSlot = batch.layout.attribute('log.iostream')
  const { cells, bytes, stride, failures, rowCount, time } = batch
  let failure = failures.findIndex((row) => row >= first)
  for (let row = first; row < rowCount; row++) {
    if (failure >= 0 && failures[failure] === row) {
      failure++
      continue
    }
    const at = (row * stride + streamSlot) * 2
    const hasStream = streamSlot > 0 && cells[at + 1] !== Cell.ABSENT
    // "stdout" or "stderr".
    const stream = hasStream && bytes[(cells[at] ?? 0) + 3] === 0x65 ? 1 : 0
    const isPart = signs.isPart(batch, row)
    const open = openOf[stream]
    if (open !== undefined && !((time[row] ?? 0) - (time[open[0] ?? 0] ?? 0) > patienceMs)) {
      open.push(row)
      if (isPart) continue
      closed.push(open)
      openOf[stream] = undefined
      continue
    }
    if (open !== undefined) closed.push(open)
    openOf[stream] = isPart ? [row] : undefined
  }
  return { closed, open: openOf.filter((rows) => rows !== undefined) }
}

/** The row before which all messages are complete: none has rows on both sides. */
function cutBefore(open: readonly number[][], closed: readonly number[][]): number {
  let cut = Math.min(...open.map(([head = 0]) => head))
  for (;;) {
    const torn = closed.filter((rows) => (rows[0] ?? 0) < cut && (rows.at(-1) ?? 0) > cut)
    if (torn.length === 0) return cut
    cut = Math.min(...torn.map(([head = 0]) => head))
  }
}

function joinRows(batch: LogBatch, rows: readonly number[], { tag }: PartSigns): void {
  const [head = 0] = rows
  const last = rows.at(-1) ?? head
  const { cells, stride } = batch
  batch.setValue(head, bodySlot, rows.map((row) => String(batch.value(row, bodySlot) ?? '')).join(''))
  if (tag !== undefined) copyCell(batch, last, head, batch.layout.attribute(tag))
  // The lines stand one after the other, unless those of the other stream stand between them.
  if (last - head === rows.length - 1)
    cells[(head * stride + lineSlot) * 2 + 1] = cells[(last * stride + lineSlot) * 2 + 1] ?? Cell.ABSENT
}

function copyCell({ cells, stride }: LogBatch, from: number, to: number, slot: number): void {
  const [source, target] = [(from * stride + slot) * 2, (to * stride + slot) * 2]
  cells[target] = cells[source] ?? 0
  cells[target + 1] = cells[source + 1] ?? Cell.ABSENT
}

/** Takes rows out; those behind them move up. */
function removeRows(batch: LogBatch, removed: ReadonlySet<number>): void {
  if (removed.size === 0) return
  const { cells, time, timeRemainder, severityNumber, rowCount } = batch
  const width = batch.stride * 2
  const newRows = new Map<number, number>()
  let to = Math.min(...removed)
  for (let row = to; row < rowCount; row++) {
    if (removed.has(row)) continue
    cells.copyWithin(to * width, row * width, (row + 1) * width)
    time[to] = time[row] ?? Number.NaN
    severityNumber[to] = severityNumber[row] ?? 0
    if (timeRemainder !== null) timeRemainder[to] = timeRemainder[row] ?? 0
    newRows.set(row, to++)
  }
  batch.rowCount = to
  batch.failures = batch.failures.map((row) => newRows.get(row) ?? row)
}
