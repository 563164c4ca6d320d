import { type Buffer, isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import type { LineSettings } from '@weir/config'
import {
  endOfLine,
  endOfLines,
  joinContinuations,
  lineStart,
  overlongLine,
  parseLines,
  type RecordSplitter,
} from '@weir/line-parsing'
import {
  type Clock,
  type Delivery,
  Layout,
  type LineSource,
  type Lines,
  type LinesDelivery,
  LogBatch,
  type Logger,
  lineSlot,
  messageOf,
  type Parser,
} from '@weir/sdk'
import type { ReceiverMetrics } from '@weir/telemetry'
import type { RemoteParser } from '@weir/workers'
import type { BatchPool } from '../batch/batch-pool.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { Why } from '../dead-letter/dead-letters.ts'
import { Encoded } from './encoded-piece.ts'
import { type SourceState, SourceStates } from './line-source.ts'

const notUnderstood: Why = { reason: 'unparsed', error: 'the parser does not understand the line' }

/**
 * Bytes that one batch is made of: enough to make per-batch costs vanish, little enough to stay in the second-level cache.
 * Fewer where a parser makes strings of them, which live as long as the batch: the garbage collector moves them.
 */
const pieceBytes = { columns: 512 * 1024, strings: 128 * 1024 } as const
const pieceBytesOf = ({ keepsStrings }: SourceState) => (keepsStrings ? pieceBytes.strings : pieceBytes.columns)

export interface LineStageOptions {
  settings: LineSettings
  createParser: () => Parser
  /** The same parser in worker threads, if it runs there. Not used where lines continue records. */
  remoteParser: RemoteParser | undefined
  /** Where `multiline` splits, if it is configured. */
  splitter: RecordSplitter | undefined
  pool: BatchPool
  clock: Clock
  logger: Logger
  metrics: ReceiverMetrics
  send(batch: LogBatch): Promise<Delivery>
  sendDeadLetters(batch: LogBatch, why: Why): Promise<Delivery>
}

interface Piece {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
  /** Nothing that belongs to its last record follows. */
  readonly isFinal: boolean
}

/** Valid UTF-8: all of `bytes`, up to `to`. */
interface Text {
  readonly bytes: Buffer
  readonly to: number
}

/** From bytes to batches of records: what every receiver of lines gets. */
export class LineStage {
  readonly #options: LineStageOptions
  readonly #sources: SourceStates
  readonly #layouts = new WeakMap<Parser, Layout>()

  constructor(options: LineStageOptions) {
    this.#options = options
    const { settings } = options
    const shared = options.createParser()
    this.#sources = new SourceStates((source) => {
      const parser = this.#openParser(shared, source)
      return {
        source,
        parser,
        attributes: Object.freeze({ ...settings.attributes, ...source.attributes }),
        resource: Object.freeze({ ...settings.resource, ...parser.resource, ...source.resource }),
        isSkipping: false,
        keepsStrings: parser.parseBatch === undefined,
      }
    })
  }

  /** The parser of a source; one whose parser cannot be made has its lines kept as they are. */
  #openParser(shared: Parser, source: LineSource): Parser {
    try {
      return shared.open?.(source) ?? shared
    } catch (error) {
      this.#options.metrics.parserError()
      const message = 'the parser of a source could not be made: its lines are kept as they are'
      this.#options.logger.error({ error: messageOf(error), source: source.id }, message)
      return { parse: () => false }
    }
  }

  /** No more lines will come. */
  async close(): Promise<void> {
    await this.#options.remoteParser?.close?.()
  }

  async sendLines(lines: Lines): Promise<LinesDelivery> {
    const { bytes, to } = lines
    const { max_log_size: maxBytes } = this.#options.settings
    const isFlush = lines.flush === true
    const state = this.#sources.of(lines.source)
    const delivery = new PendingDelivery(1)
    let at = state.isSkipping ? skipLine(state, bytes, lines.from, to) : lines.from
    const end = isFlush ? to : Math.max(at, endOfLines(bytes, at, to))
    const { remoteParser, splitter } = this.#options
    const sendRegion = (region: Piece): Promise<number> =>
      remoteParser === undefined || splitter !== undefined || state.parser.continues !== undefined
        ? this.#sendRegion(state, region, delivery)
        : this.#sendToWorkers(remoteParser, state, region, delivery)
    for (;;) {
      const long = overlongLine(bytes, at, end, maxBytes)
      at = await sendRegion({ bytes, from: at, to: long < 0 ? end : long, isFinal: isFlush || long >= 0 })
      if (long < 0) break
      await this.#sendCut(state, bytes, long, delivery)
      at = endOfLine(bytes, long, end)
    }
    if (at === end && to - end > maxBytes) {
      await this.#sendCut(state, bytes, end, delivery)
      state.isSkipping = true
      at = to
    }
    delivery.settle()
    return { done: delivery.done, stored: delivery.stored, consumed: at }
  }

  /** Sends complete lines in pieces; returns where the record begins that may still go on. */
  async #sendRegion(state: SourceState, region: Piece, delivery: PendingDelivery): Promise<number> {
    const { bytes, to } = region
    const usual = pieceBytesOf(state)
    let at = region.from
    let size = usual
    let isLong = false
    while (at < to) {
      const limit = to - at <= size ? to : endOfLine(bytes, at + size - 1, to)
      const isLast = limit === to
      const tooLong = size > usual && limit - at > this.#options.settings.max_log_size
      const piece = { bytes, from: at, to: limit, isFinal: tooLong || (region.isFinal && isLast) }
      const reached = await this.#sendPiece(state, piece, delivery, isLong)
      if (reached > at) {
        at = reached
        size = usual
        isLong = false
        // The consumers' turn: strings that wait for it would be moved by the garbage collector, some of them for good.
        if (at < to && state.keepsStrings) await setImmediate()
      } else if (isLong && isLast) {
        break
      } else {
        if (isLong) size *= 2
        isLong = true
      }
    }
    return at
  }

  /** The same by way of the workers: all pieces at once, their batches in order. */
  async #sendToWorkers(
    remote: RemoteParser,
    state: SourceState,
    { bytes, from, to }: Piece,
    delivery: PendingDelivery,
  ): Promise<number> {
    const { fallback = state.parser } = remote
    const tasks: { piece: Piece; parsed: Promise<LogBatch[] | undefined> }[] = []
    const size = pieceBytesOf(state)
    for (let at = from; at < to; ) {
      const limit = to - at <= size ? to : endOfLine(bytes, at + size - 1, to)
      const piece = { bytes, from: at, to: limit, isFinal: true }
      const text = this.#utf8(piece)
      const lines = new Uint8Array(text.bytes)
      const parsed = remote.parse(lines, state.source).catch((error: unknown) => {
        this.#options.metrics.parserError()
        const rest = remote.fallback === undefined ? 'are parsed on the main thread' : 'are kept as they are'
        this.#options.logger.error({ error: messageOf(error) }, `the parser failed in a worker: its lines ${rest}`)
        return undefined
      })
      tasks.push({ piece, parsed })
      at = limit
    }
    for (const { piece, parsed } of tasks) {
      const batches = await parsed
      if (batches === undefined) await this.#sendRegion({ ...state, parser: fallback }, piece, delivery)
      for (const batch of batches ?? []) {
        batch.source = state.source.id
        batch.attributes = state.attributes
        batch.resource = state.resource
        batch.observedTime = this.#options.clock.now()
        await this.#send(batch, null, delivery)
      }
    }
    return to
  }

  /** Sends the beginning of a record that is too long, or drops it. */
  async #sendCut(state: SourceState, bytes: Buffer, from: number, delivery: PendingDelivery): Promise<void> {
    const { settings, metrics } = this.#options
    metrics.overlong()
    if (settings.max_log_size_behavior === 'drop') return
    let to = from + settings.max_log_size
    while (to > from && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--
    if (settings.max_log_size_behavior === 'dead_letter')
      return this.#sendOversized(state, { bytes, from, to }, delivery)
    await this.#sendPiece(state, { bytes, from, to, isFinal: true }, delivery)
  }

  /** Sends the beginning of a record that is too long to the dead letters. */
  async #sendOversized(state: SourceState, piece: Omit<Piece, 'isFinal'>, delivery: PendingDelivery): Promise<void> {
    const { clock, settings, sendDeadLetters } = this.#options
    const { source, attributes, resource } = state
    const batch = new LogBatch({ capacity: 1, source: source.id, attributes, resource, observedTime: clock.now() })
    const { bytes, to } = this.#utf8({ ...piece, isFinal: true })
    batch.bytes = bytes
    batch.addLine(0, to)
    const error = `longer than max_log_size (${settings.max_log_size} bytes): this is its beginning`
    delivery.include(await sendDeadLetters(batch, { reason: 'over_size', error }))
  }

  /**
   * Makes one batch and sends it. Returns the offset up to which records were taken.
   * @param isLong make room for a record of any number of lines
   */
  async #sendPiece(state: SourceState, piece: Piece, delivery: PendingDelivery, isLong = false): Promise<number> {
    const { pool, clock } = this.#options
    const { parser } = state
    const empty = isLong ? new LogBatch({ capacity: piece.to - piece.from }) : pool.take()
    const batch = empty.reset({
      source: state.source.id,
      attributes: state.attributes,
      resource: state.resource,
      observedTime: clock.now(),
      layout: this.#layoutOf(parser),
    })
    const text = this.#utf8(piece)
    batch.bytes = text.bytes
    let reached = this.#parse(parser, text, batch, piece.isFinal)
    state.keepsStrings = batch.values.length >= batch.rowCount && batch.rowCount > 0
    let rows: Uint32Array | null = null
    if (parser.continues !== undefined && this.#options.splitter === undefined) {
      rows = joinContinuations(batch, (line, previous) => this.#continues(parser, line, previous))
      const last = rows === null ? batch.rowCount - 1 : (rows.at(-1) ?? -1)
      if (last >= 0 && !(piece.isFinal && reached === text.to)) {
        reached = lineStart(batch, last)
        batch.rowCount = last
        while ((batch.failures.at(-1) ?? -1) >= last) batch.failures.pop()
        rows = rows?.subarray(0, -1) ?? null
      }
    }
    batch.knownByteLength = reached
    if (batch.rowCount === 0) pool.give(batch)
    else await this.#send(batch, rows, delivery)
    return text instanceof Encoded ? text.original(reached) : piece.from + reached
  }

  /** A piece's bytes alone, so that what is made of them needs not look for its part of a block. */
  #utf8(piece: Piece): Text {
    const bytes = piece.bytes.subarray(piece.from, piece.to)
    if (isUtf8(bytes)) return { bytes, to: bytes.length }
    return new Encoded(piece, (count) => this.#options.metrics.invalidUtf8(count))
  }

  #parse(parser: Parser, { bytes, to }: Text, batch: LogBatch, isFinal: boolean): number {
    try {
      return parseLines(parser, bytes, 0, to, batch, this.#options.splitter, isFinal)
    } catch (error) {
      this.#options.metrics.parserError()
      this.#options.logger.error({ error: messageOf(error) }, 'the parser threw: its lines are kept as they are')
      batch.rowCount = 0
      batch.failures = []
      return parseLines({ parse: () => false }, bytes, 0, to, batch, undefined, true)
    }
  }

  /** Whether the parser says that a line continues the record before it; one that throws does not say so. */
  #continues(parser: Parser, line: string, previous: string): boolean {
    try {
      return parser.continues?.(line, previous) ?? false
    } catch (error) {
      this.#options.metrics.parserError()
      this.#options.logger.error({ error: messageOf(error) }, 'the parser threw: the line is a record of its own')
      return false
    }
  }

  async #send(batch: LogBatch, rows: Uint32Array | null, delivery: PendingDelivery): Promise<void> {
    const { settings, metrics, pool } = this.#options
    if (settings.keep_original) keepOriginal(batch)
    const records = rows === null ? batch : batch.select(rows)
    records.knownByteLength = batch.knownByteLength
    const whole = new PendingDelivery(1)
    const { failures } = batch
    if (failures.length > 0) metrics.parseFailures(failures.length)
    if (failures.length === 0 || settings.on_parse_error === 'keep') {
      metrics.accepted(records.length)
      whole.include(await this.#options.send(records))
    } else {
      const failed = new Set(failures)
      const understood = batch.select((rows ?? rowsOf(batch)).filter((row) => !failed.has(row)))
      metrics.accepted(understood.length)
      if (settings.on_parse_error === 'dead_letter') {
        whole.include(await this.#options.sendDeadLetters(batch.select(Uint32Array.from(failures)), notUnderstood))
      }
      if (understood.length > 0) whole.include(await this.#options.send(understood))
    }
    whole.settle()
    delivery.include(whole)
    whole.done.then(
      () => pool.give(batch),
      () => {},
    )
  }

  #layoutOf(parser: Parser): Layout {
    let layout = this.#layouts.get(parser)
    if (layout === undefined || layout.isCrowded) {
      layout = new Layout()
      this.#layouts.set(parser, layout)
    }
    return layout
  }
}

function skipLine(state: SourceState, bytes: Buffer, from: number, to: number): number {
  const newline = bytes.indexOf(10, from)
  if (newline < 0 || newline >= to) return to
  state.isSkipping = false
  return newline + 1
}

const rowsOf = (batch: LogBatch): Uint32Array => Uint32Array.from({ length: batch.rowCount }, (_, row) => row)

function keepOriginal(batch: LogBatch): void {
  const slot = batch.layout.addAttribute('log.record.original')
  batch.widen()
  const { cells, stride, rowCount } = batch
  for (let row = 0; row < rowCount; row++) {
    const at = row * stride * 2
    cells[at + slot * 2] = cells[at + lineSlot * 2] ?? 0
    cells[at + slot * 2 + 1] = cells[at + lineSlot * 2 + 1] ?? -1
  }
}
