import type { LogBatch } from './batch.ts'
import type { Checkpoint } from './checkpoint.ts'

export interface ExportContext {
  /** Aborts at the time-out of the attempt and when the collector stops at once. */
  readonly abortSignal: AbortSignal
}

/** Brings records out. Queue, retries, time-out and circuit are the stage's: an exporter only tries, once. */
export interface Exporter {
  start?(): void | Promise<void>
  /**
   * Resolves when the batch is delivered. Called one at a time unless the definition says `concurrent`. May be called
   * again with the same batch after a failure.
   * @throws RetryableError when the same batch may succeed later
   * @throws PermanentError when it never will; any other error counts as permanent
   */
  export(batch: LogBatch, context: ExportContext): Promise<void>
  /** Called between two batches, for connectors that remember something: all that it knows from the records so far. */
  checkpoint?(): Checkpoint
  /** Called when no more will come for now, and before `stop`: write out what is buffered. */
  flush?(): void | Promise<void>
  stop?(): void | Promise<void>
}
