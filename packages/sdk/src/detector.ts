import type { AlertReport } from './alert.ts'
import type { LogBatch } from './batch.ts'
import type { Record } from './record.ts'
import type { AttributeValue } from './value.ts'

/** Says what was noticed. The host adds the rule's id, the group, the fingerprint, and keeps repeats apart. */
export type Report = (alert: AlertReport) => void

/**
 * Notices what is unusual. Its host (`processor-anomaly`) makes one instance per group of `group_by`, shows it the
 * records that meet `where`, and calls it one call at a time. It runs on the time of the records: the host sees to it
 * that replaying a file and watching it live report the same.
 */
export interface Detector {
  /** Looks at one record. Either this or `observeBatch` is there. */
  observe?(record: Record, report: Report): void
  /** Looks at all records of a batch (those that are selected). The result must be that of `observe` on each. */
  observeBatch?(batch: LogBatch, report: Report): void
  /**
   * All records up to `watermark` (Unix epoch in milliseconds, exclusive) have been seen: windows that end there can be
   * judged. Never steps back. Called at least once a second of event time that passes with records, and also while the
   * source is silent.
   */
  advance?(watermark: number, report: Report): void
  /** What the detector knows, as JSON; stored together with the position of the source. */
  snapshot?(): AttributeValue
  /** Called once, before anything else, with what an earlier `snapshot` returned. */
  restore?(snapshot: AttributeValue): void
  /**
   * What comes next does not follow on what was seen: another time, after history was learnt from. What is under way is
   * to be dropped without a report, what is usual is to be kept.
   */
  interrupt?(): void
  /**
   * Whether a record is one of those that an alert is about, such as an error for a rate of errors; left out: every one that
   * it is shown. The host looks for lines to show, and for what they have in common, among those.
   */
  concerns?(record: Record): boolean
  /** What it has learnt, in one line for people: `usually 84 records in 1m (66 to 104)`. */
  describe?(): string | undefined
  /** Called once when nothing more will come: the time to hand out what was held back, such as counts. */
  stop?(): void
}
