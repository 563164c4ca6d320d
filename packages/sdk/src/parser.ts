import type { Buffer } from 'node:buffer'
import type { LogBatch } from './batch.ts'
import type { LineSource } from './delivery.ts'
import type { Record } from './record.ts'
import type { AttributeMap } from './value.ts'

/**
 * Turns lines into records. The receiver's stage calls it, one call at a time, in the order of the lines. One instance
 * serves all sources of a receiver unless it has `open`.
 */
export interface Parser {
  /**
   * Fills the record from a line (or from a record of several lines, joined by `\n`); `false` if it is not of this
   * format. On entry the record's body is the line and nothing else is set.
   */
  parse(line: string, record: Record): boolean
  /**
   * The same for many lines at once, over bytes. `bytes[from…to)` is valid UTF-8, one line after the other, each ended
   * by `\n` (a `\r` before it belongs to the ending). For every line, empty ones left out, it adds one row (`addLine`),
   * and calls `fail(row)` where the line is not of this format. It stops when `batch.isFull`, or at once when it cannot
   * use the batch (`adopt` said no). `batch.bytes` is `bytes` already.
   *
   * A parser whose records span several lines (parts of a long line) returns the beginning of a record that is not
   * complete, `from` if need be, and gets it again with what follows: it need not remember anything, and the source's
   * checkpoint stays before it.
   * @param isFinal nothing more of the last record is to come: it is taken as it is. True if left out
   * @returns the offset that it has come to: `to`, or the beginning of the first line that it has not taken
   */
  parseBatch?(bytes: Buffer, from: number, to: number, batch: LogBatch, isFinal?: boolean): number
  /** Of the parser that `open` returned: what it knows of the source, such as the pod by the path of its file. */
  readonly resource?: AttributeMap
  /** How sure it is that these lines are its own: 0 (not at all) to 1. */
  sniff?(lines: readonly string[]): number
  /**
   * For parsers that remember something of each source (a header line, the year): called once per source; the stage
   * uses what it returns for that source.
   */
  open?(source: LineSource): Parser
  /**
   * Whether a line continues the record before it (a stack trace). Called only where `multiline` is not configured, on
   * lines that the parser did not accept.
   * @param previous the line before it, where that is known
   */
  continues?(line: string, previous?: string): boolean
}
