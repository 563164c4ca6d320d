import type { Buffer } from 'node:buffer'
import { bodySlot, type LogBatch, type Parser, Record, RecordParser, TimestampReader } from '@weir/sdk'
import { CriScanner } from './cri-scanner.ts'
import { dockerScanner } from './docker.ts'
import { type LineScanner, levelsOf } from './line-scanner.ts'
import { PageTime } from './page-time.ts'
import { criSigns, dockerSigns, joinParts, type PartSigns } from './parts.ts'

export interface ContainerParserOptions {
  readonly format: 'auto' | 'docker' | 'crio' | 'containerd'
  /** How long a part waits for the next, milliseconds. */
  readonly patienceMs: number
  readonly now: () => number
  /** Of the messages of this source. */
  readonly messages: Parser | undefined
}

interface Format {
  readonly scanner: LineScanner
  readonly parseBatch: Required<Parser>['parseBatch']
  readonly signs: PartSigns
}

/** The parser of one source: it remembers nothing, since records that are not complete come again. */
export class ContainerParser {
  readonly #options: ContainerParserOptions
  readonly #messages: RecordParser | undefined
  #cri: Format | undefined
  #docker: Format | undefined

  constructor(options: ContainerParserOptions) {
    this.#options = options
    this.#messages = options.messages === undefined ? undefined : new RecordParser(options.messages)
  }

  parseBatch(bytes: Buffer, from: number, to: number, batch: LogBatch, isFinal = true): number {
    const isJson = beginsObject(bytes, from, to)
    const { format } = this.#options
    const isDocker = format === 'auto' ? isJson : format === 'docker'
    const { scanner, parseBatch, signs } = isDocker ? this.#dockerFormat() : this.#criFormat()
    if (!batch.adopt(scanner.layout)) return from
    const first = batch.rowCount
    const read = parseBatch(bytes, from, to, batch)
    const reached = format === 'auto' ? beforeOther(batch, first, read, isJson) : read
    const isComplete = isFinal && reached === to
    const { patienceMs } = this.#options
    const end = joinParts(batch, { first, reached, isFinal: isComplete, mustAdvance: isFinal, patienceMs }, signs)
    if (this.#messages !== undefined) parseBodies(batch, first, this.#messages)
    return end
  }

  #criFormat(): Format {
    this.#cri ??= formatOf(new CriScanner(new PageTime(new TimestampReader({ now: this.#options.now }))), criSigns)
    return this.#cri
  }

  #dockerFormat(): Format {
    this.#docker ??= formatOf(dockerScanner(this.#options.now), dockerSigns)
    return this.#docker
  }
}

const formatOf = (scanner: LineScanner, signs: PartSigns): Format => ({
  ...{ scanner, signs },
  parseBatch: levelsOf(scanner).parseBatch,
})

/** Whether the first line is an object of JSON, as Docker's lines are. */
function beginsObject(bytes: Buffer, from: number, to: number): boolean {
  let at = from
  while (at < to && (bytes[at] ?? 0) <= 0x20) at++
  return bytes[at] === 0x7b
}

/**
 * Takes the lines out that are of the other format, with those behind them: they are read next. Lines of the other
 * format are among those that were refused.
 * @returns the offset up to which lines were read then
 */
function beforeOther(batch: LogBatch, first: number, reached: number, isJson: boolean): number {
  const { bytes, cells, stride, failures } = batch
  const at = (row: number) => cells[row * stride * 2] ?? 0
  const other = failures.find((row) => row > first && beginsObject(bytes, at(row), bytes.length) !== isJson)
  if (other === undefined) return reached
  batch.rowCount = other
  batch.failures = failures.filter((row) => row < other)
  return at(other)
}

/** Parses the messages of rows from one on; one of another format stays as it is. */
function parseBodies(batch: LogBatch, first: number, messages: RecordParser): void {
  const { failures } = batch
  let failure = failures.findIndex((row) => row >= first)
  const record = new Record(batch)
  for (let row = first; row < batch.rowCount; row++) {
    if (failure >= 0 && failures[failure] === row) failure++
    else messages.parseCell(record.at(row), bodySlot)
  }
}
