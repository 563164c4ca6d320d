import { Buffer } from 'node:buffer'
import { Cell, kindOf, type LogBatch } from '@weir/sdk'
import { newline } from './byte.ts'
import { type Kernels, loadKernels } from './kernels/kernels.ts'

/** Lines beyond this are not looked into. Memory is only taken for what is used of it. */
const pageBytes = 16 * 1024 * 1024

/** Searches read words that may reach beyond the lines: what stands there is of no meaning. */
const slack = 64

/** The kernels, if there are any: they work on the page as well, so it is a part of their memory. */
export const kernels: Kernels | undefined = loadKernels(pageBytes + slack)

/**
 * What scanners read: the one place to which the lines at hand are copied. The engine knows where a constant array
 * lies, which makes reading it about a third faster than reading whatever buffer the lines came in, and copying costs a
 * fiftieth. For that, a module must give it a name of its own: `const bytes = page`.
 */
export const page: Uint8Array =
  kernels === undefined
    ? new Uint8Array(pageBytes + slack)
    : new Uint8Array(kernels.buffer, kernels.page, pageBytes + slack)
/** The page a word at a time. */
export const pageWords = new DataView(page.buffer, page.byteOffset, page.byteLength)
const pageBuffer = Buffer.from(page.buffer, page.byteOffset, page.byteLength)

/** Text that stands on the page. */
export const pageText = (from: number, to: number): string => pageBuffer.toString('utf8', from, to)

/** Adds a row for every line in `page[from…to)`, each of which ends with a newline; returns where it has come to. */
export type Scan = (from: number, to: number, batch: LogBatch) => number

/** Has the lines in `bytes[from…to)` scanned on the page, where they stand at the same offsets if they can. */
export function scanOnPage(scan: Scan, bytes: Buffer, from: number, to: number, batch: LogBatch): number {
  if (to <= pageBytes) return Math.min(to, scan(from, put(bytes, from, to, from), batch))
  const lastNewline = to - from <= pageBytes ? to - 1 : bytes.lastIndexOf(newline, from + pageBytes - 1)
  if (lastNewline < from) return skipLine(bytes, from, to, batch)
  const first = batch.rowCount
  const reached = scan(0, put(bytes, from, lastNewline + 1, 0), batch)
  moveRanges(batch, first, from)
  return Math.min(to, from + reached)
}

/** Copies lines and gives the last of them a newline if it has none; returns the offset after them. */
function put(bytes: Buffer, from: number, to: number, at: number): number {
  bytes.copy(page, at, from, to)
  const end = at + to - from
  if (page[end - 1] === newline) return end
  page[end] = newline
  return end + 1
}

function skipLine(bytes: Buffer, from: number, to: number, batch: LogBatch): number {
  const end = bytes.indexOf(newline, from)
  const isComplete = end >= 0 && end < to
  batch.fail(batch.addLine(from, isComplete ? end : to))
  return isComplete ? end + 1 : to
}

function moveRanges(batch: LogBatch, firstRow: number, shift: number): void {
  const { cells, stride, rowCount } = batch
  for (let at = firstRow * stride * 2; at < rowCount * stride * 2; at += 2) {
    const b = cells[at + 1] ?? Cell.ABSENT
    if (kindOf(b) < 0) continue
    cells[at] = (cells[at] ?? 0) + shift
    cells[at + 1] = b + shift
  }
}
