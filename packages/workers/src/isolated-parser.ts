import type { Buffer } from 'node:buffer'
import { endOfLine, parseLines } from '@weir/line-parsing'
import {
  copyRecord,
  endOf,
  type LineSource,
  type LogBatch,
  lineSlot,
  type Parser,
  Record,
  unpackBatch,
} from '@weir/sdk'
import type { IsolatedThread } from './isolated-thread.ts'
import type { RemoteParser } from './worker-pool.ts'

/** Keeps lines as they are, as lines that were not understood. */
const unparsed: Parser = { parse: () => false }

/**
 * A parser in a thread of its own, for those who wait on the spot: `auto`, records of several lines. While it does not
 * run, lines are kept as they are.
 */
export class IsolatedParser implements Parser {
  readonly #thread: IsolatedThread
  readonly #source: LineSource | undefined
  readonly continues?: (line: string, previous?: string) => boolean

  /** @param thread one that has been started */
  constructor(thread: IsolatedThread, source?: LineSource) {
    this.#thread = thread
    this.#source = source
    if (!thread.isUp || !thread.mayHave('continues')) return
    this.continues = (line, previous) => thread.isUp && thread.call('continues', [line, previous, source])
  }

  parse(line: string, record: Record): boolean {
    if (!this.#thread.isUp) return false
    const packed = this.#thread.call('parseRecord', [line, this.#source])
    if (packed === null) return false
    copyRecord(new Record(unpackBatch(packed)), record)
    return true
  }

  parseBatch(bytes: Buffer, from: number, to: number, batch: LogBatch): number {
    if (!this.#thread.isUp) return parseLines(unparsed, bytes, from, to, batch, undefined, true)
    let end = from
    for (let rows = batch.rowCount; rows < batch.capacity && end < to; rows++) end = endOfLine(bytes, end, to)
    const copy = new Uint8Array(bytes.subarray(from, end))
    const parsed = this.#thread.call('parseBatch', [copy, this.#source], [copy.buffer])
    for (const packed of parsed) {
      const lineEnd = addRecords(unpackBatch(packed), from + packed.offset, batch)
      if (batch.isFull) return endOfLine(bytes, lineEnd, to)
    }
    return end
  }

  sniff(lines: readonly string[]): number {
    return this.#thread.isUp && this.#thread.mayHave('sniff') ? this.#thread.call('sniff', [lines]) : 0
  }

  open(source: LineSource): Parser {
    return this.#thread.mayHave('open') ? new IsolatedParser(this.#thread, plain(source)) : this
  }
}

/** The same parser for those who need not wait on the spot. */
export const remoteParserOf = (thread: IsolatedThread): RemoteParser => ({
  fallback: unparsed,
  async parse(bytes, source) {
    if (!thread.isUp) return undefined
    const batches = await thread.request('parseBatch', [bytes, plain(source)], [bytes.buffer as ArrayBuffer])
    return batches.map(unpackBatch)
  },
  close: () => thread.close(),
})

/** Nothing of a source that another thread could not have. */
const plain = ({ id, attributes, resource }: LineSource): LineSource => ({
  id,
  ...(attributes === undefined ? {} : { attributes }),
  ...(resource === undefined ? {} : { resource }),
})

/**
 * Adds the records of a batch over the same lines, while there is room.
 * @param offset where its bytes stand in those of the other
 * @returns the end of the last line
 */
function addRecords(from: LogBatch, offset: number, to: LogBatch): number {
  const failed = new Set(from.failures)
  const source = new Record(from)
  const target = new Record(to)
  let end = offset
  for (let row = 0; row < from.rowCount && !to.isFull; row++) {
    const at = (row * from.stride + lineSlot) * 2
    end = offset + endOf(from.cells[at + 1] ?? 0)
    target.at(to.addLine(offset + (from.cells[at] ?? 0), end))
    if (failed.has(row)) to.fail(target.row)
    else copyRecord(source.at(row), target)
  }
  return end
}
