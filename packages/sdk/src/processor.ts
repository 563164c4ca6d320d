import type { LogBatch } from './batch.ts'

/** Changes, drops or looks at records on their way. */
export interface Processor {
  /** Called once before the first batch. */
  start?(): void | Promise<void>
  /**
   * The batch, another, `null` for none, or a promise of these. Called one at a time, in order. A processor that
   * changes the records it is given (rather than returning others) declares `mutates: true`.
   */
  process(batch: LogBatch): LogBatch | null | Promise<LogBatch | null>
  /** Called once when no more will come, before `stop`: what was held back. */
  flush?(): LogBatch | null | Promise<LogBatch | null>
  stop?(): void | Promise<void>
}
