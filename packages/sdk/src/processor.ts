import type { LogBatch } from './batch.ts'
import type { Checkpoint } from './checkpoint.ts'

/** What a processor gives at the end. */
export type Flushed = LogBatch | readonly LogBatch[] | null

/** Changes, drops or looks at records on their way. */
export interface Processor {
  /** Called once before the first batch. */
  start?(): void | Promise<void>
  /**
   * The batch, another, `null` for none, or a promise of these. Called one at a time, in order. A processor that
   * changes the records it is given (rather than returning others) declares `mutates: true`.
   */
  process(batch: LogBatch): LogBatch | null | Promise<LogBatch | null>
  /** Called between two batches, for processors that remember something: all that it knows from the records so far. */
  checkpoint?(): Checkpoint
  /** Called once when no more will come, before `stop`: what was held back, a batch for each resource. */
  flush?(): Flushed | Promise<Flushed>
  stop?(): void | Promise<void>
}

/** The batches of what a processor gave at the end, those without records left out. */
export const flushedBatches = (rest: Flushed | undefined): readonly LogBatch[] =>
  (rest === null || rest === undefined ? [] : 'rowCount' in rest ? [rest] : rest).filter(({ length }) => length > 0)
