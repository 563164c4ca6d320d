import { Buffer } from 'node:buffer'
import { Cell, kindOf, type Layout, type LogBatch, type Parser, parseByBatch } from '@weir/sdk'
import { newline } from './byte.ts'

/**
 * A parser's inner loop. Every line that it is given ends with a newline, so it may look for the end of anything
 * without a bound, as long as it stops at control characters.
 */
export interface LineScanner {
  /** Layout of the batches that it fills. */
  readonly layout: Layout
  /** Adds a row for every line in `bytes[from…to)` until the batch is full; returns the offset that it has come to. */
  scan(bytes: Buffer, from: number, to: number, batch: LogBatch): number
}

/** Both levels of a parser, made of its scanner. */
export function levelsOf(scanner: LineScanner): Required<Pick<Parser, 'parse' | 'parseBatch'>> {
  const parseBatch = (bytes: Buffer, from: number, to: number, batch: LogBatch): number => {
    if (!batch.adopt(scanner.layout)) return from
    const complete = bytes[to - 1] === newline ? to : bytes.lastIndexOf(newline, to - 1) + 1
    const reached = complete > from ? scanner.scan(bytes, from, complete, batch) : from
    if (reached === to || reached < complete || batch.isFull) return reached
    scanTail(scanner, bytes.subarray(reached, to), reached, batch)
    return to
  }
  return { parseBatch, parse: parseByBatch(parseBatch) }
}

/** Reads a last line that has no newline out of a copy that has one, and moves the ranges to where they belong. */
function scanTail(scanner: LineScanner, tail: Buffer, shift: number, batch: LogBatch): void {
  const first = batch.rowCount
  const { bytes } = batch
  const copy = Buffer.concat([tail, Buffer.of(newline)])
  batch.bytes = copy
  scanner.scan(copy, 0, copy.length, batch)
  batch.bytes = bytes
  const { cells, stride } = batch
  for (let at = first * stride * 2; at < batch.rowCount * stride * 2; at += 2) {
    const b = cells[at + 1] ?? Cell.ABSENT
    if (kindOf(b) < 0) continue
    cells[at] = (cells[at] ?? 0) + shift
    cells[at + 1] = b + shift
  }
}
