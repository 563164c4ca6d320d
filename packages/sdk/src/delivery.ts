import type { Buffer } from 'node:buffer'
import type { LogBatch } from './batch.ts'
import type { AttributeMap } from './value.ts'

/**
 * The promise that a batch sent down a channel has reached its end.
 *
 * `done` resolves when every exporter downstream has delivered the batch, written it to its persistent queue, or given
 * it up for good, counted (a permanent error, a `drop_*` policy). It rejects when the batch was not delivered and
 * should be read again (shutdown, a failure that stops the pipeline). A checkpoint moves on resolution alone.
 */
export interface Delivery {
  readonly done: Promise<void>
  /**
   * Resolves when the source may forget what was sent: like `done` where nothing downstream remembers what it has seen, and
   * elsewhere when the checkpoint that covers it has been stored as well, up to `service.checkpoint_interval` later. A
   * receiver that acknowledges to a broker, or deletes what it has read, does so on this, and says in `checkpoint` what it
   * has not acknowledged yet. Rejects as `done` does, and when the collector ends before it is stored.
   */
  readonly stored: Promise<void>
}

/** Where lines come from. The receiver keeps one object per source and passes the same one each time. */
export interface LineSource {
  /** Identity, stable over restarts: watermarks, CSV headers and sniffed formats are kept by it. */
  readonly id: string
  /** Attributes of every record, such as `log.file.path`. */
  readonly attributes?: AttributeMap
  readonly resource?: AttributeMap
}

/** Bytes of UTF-8 text, newline-delimited; invalid sequences are replaced and counted downstream. */
export interface Lines {
  readonly bytes: Buffer
  /** Offset of the first byte, the beginning of a line. */
  readonly from: number
  /** Offset after the last byte; it may stand in the middle of a line. */
  readonly to: number
  readonly source: LineSource
  /** Nothing more is coming for now (end of input, flush period over): what is left is a record even without a newline. */
  readonly flush?: boolean
}

export interface LinesDelivery extends Delivery {
  /**
   * Offset up to which bytes were taken: complete records. The receiver keeps the rest and passes it again in front of
   * what it reads next; a checkpoint for this delivery is the position of `consumed`. If it equals `from` the receiver
   * needs to bring more bytes (its buffer must be able to grow to `max_log_size`).
   */
  readonly consumed: number
}

/**
 * What a receiver or connector sends into. Both waits are the backpressure: they end when there is room,
 * and when there is memory (`service.memory_limit`).
 * Bytes and batches belong to the pipeline until `done` settles; then the sender may use them again.
 * Calls may overlap; what one source sends must be sent in order.
 */
export interface Output {
  /** Records that are complete. */
  send(batch: LogBatch): Promise<Delivery>
  /** Text lines: split, joined (`multiline`), parsed by the receiver's `parser`. For receivers that declare `reads: 'lines'`. */
  sendLines(lines: Lines): Promise<LinesDelivery>
  /** Asks for a checkpoint before the next one is due: what was delivered and is not `stored` holds the source up. */
  storeSoon(): void
  /**
   * The input has ended and nothing more will come (a file read to its end under `--once`, stdin closed).
   * @param unread what of it could not be read, such as paths: `weir run --once` says so, and ends with a status of its own
   */
  end(unread?: readonly string[]): void
}
