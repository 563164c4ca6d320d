import type { Buffer } from 'node:buffer'
import { type LineSource, type LogBatch, type Parser, Record } from '@weir/sdk'
import type { Candidate, Choice } from './candidates.ts'
import { continues } from './continuation.ts'

/** Lines of a source that are looked at before the choice is kept. */
const sampleLines = 32
/** Bytes in which they are looked for. */
const sampleBytes = 64 * 1024
/** Rows after which it is asked whether the choice was right. */
const firstTrial = 256
const lastTrial = 65_536

/** The parser of one source, which is chosen by what the source's lines look like. */
export class SniffingParser implements Parser {
  readonly #candidates: Choice
  readonly #source: LineSource
  #sample: string[] = []
  #chosen: Candidate | undefined
  #parser: Parser = { parse: () => true }
  #rows = 0
  #failures = 0
  #trial = firstTrial

  constructor(candidates: Choice, source: LineSource) {
    this.#candidates = candidates
    this.#source = source
  }

  parse(line: string, record: Record): boolean {
    if (this.#sample.length < sampleLines) this.#look([line])
    const isMine = this.#parser.parse(line, record)
    this.#judge(1, isMine ? 0 : 1)
    return isMine
  }

  parseBatch(bytes: Buffer, from: number, to: number, batch: LogBatch, isFinal?: boolean): number {
    if (this.#sample.length < sampleLines) this.#look(linesOf(bytes, from, to, sampleLines - this.#sample.length))
    const { rowCount, failures } = batch
    const failed = failures.length
    const reached =
      this.#parser.parseBatch?.(bytes, from, to, batch, isFinal) ?? this.#parseLines(bytes, from, to, batch)
    this.#judge(batch.rowCount - rowCount, failures.length - failed)
    return reached
  }

  continues(line: string, previous?: string): boolean {
    return this.#parser.continues?.(line, previous) ?? continues(line, previous)
  }

  /** Chooses by all lines that were looked at; the more there are, the surer. */
  #look(lines: readonly string[]): void {
    this.#sample.push(...lines)
    const chosen = this.#candidates.choose(this.#sample)
    if (chosen === this.#chosen) return
    this.#chosen = chosen
    this.#parser = chosen.parser.open?.(this.#source) ?? chosen.parser
  }

  /** Has another look taken when most lines were refused, and now and then at what nothing was sure of. */
  #judge(rows: number, failures: number): void {
    this.#rows += rows
    this.#failures += failures
    if (this.#rows < this.#trial) return
    const isDoubtful = this.#failures * 2 > this.#rows || this.#chosen === this.#candidates.fallback
    if (isDoubtful) this.#sample = []
    this.#trial = isDoubtful ? Math.min(lastTrial, this.#trial * 2) : firstTrial
    this.#rows = 0
    this.#failures = 0
  }

  /** For parsers of the simple level, what the stage would do. */
  #parseLines(bytes: Buffer, from: number, to: number, batch: LogBatch): number {
    const record = new Record(batch)
    batch.linesEnd = to
    let at = from
    while (at < to && !batch.isFull) {
      const newline = bytes.indexOf(10, at)
      const next = newline < 0 || newline >= to ? to : newline + 1
      const end = contentEnd(bytes, at, next)
      if (end > at) {
        const row = batch.addLine(at, end)
        if (!this.#parser.parse(bytes.toString('utf8', at, end), record.at(row))) batch.fail(row)
      }
      at = next
    }
    return at
  }
}

function contentEnd(bytes: Buffer, from: number, next: number): number {
  let end = next
  if (end > from && bytes[end - 1] === 10) end--
  if (end > from && bytes[end - 1] === 13) end--
  return end
}

/** The first lines that are not empty. */
function linesOf(bytes: Buffer, from: number, to: number, count: number): string[] {
  const lines: string[] = []
  const limit = Math.min(to, from + sampleBytes)
  for (let at = from; at < limit && lines.length < count; ) {
    const newline = bytes.indexOf(10, at)
    const next = newline < 0 || newline >= to ? to : newline + 1
    const end = contentEnd(bytes, at, next)
    if (end > at) lines.push(bytes.toString('utf8', at, end))
    at = next
  }
  return lines
}
