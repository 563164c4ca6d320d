import type { Buffer } from 'node:buffer'
import { type Layout, type LogBatch, type Parser, parseByBatch } from '@weir/sdk'
import { type Scan, scanOnPage } from './page.ts'

/**
 * A parser's inner loop over the lines on the page. Every line ends with a newline, so it may look for the end of
 * anything without a bound, as long as it stops at control characters.
 */
export interface LineScanner {
  /** Layout of the batches that it fills. */
  readonly layout: Layout
  readonly scan: Scan
}

/** Both levels of a parser, made of its scanner. */
export function levelsOf(scanner: LineScanner): Required<Pick<Parser, 'parse' | 'parseBatch'>> {
  const scan: Scan = (from, to, batch) => scanner.scan(from, to, batch)
  const parseBatch = (bytes: Buffer, from: number, to: number, batch: LogBatch): number =>
    batch.adopt(scanner.layout) ? scanOnPage(scan, bytes, from, to, batch) : from
  return { parseBatch, parse: parseByBatch(parseBatch) }
}
