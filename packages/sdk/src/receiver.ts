import type { Checkpoint } from './checkpoint.ts'
import type { Output } from './delivery.ts'

/** Brings records in. */
export interface Receiver {
  /** Called once, after everything downstream has started. Resolves when the receiver is ready; it then goes on by itself. */
  start(output: Output): void | Promise<void>
  /**
   * Called while nothing is being sent: the positions behind everything that it has sent so far, delivered or not; of its
   * sources, those whose position has changed (forward or back) since it was last asked. For receivers that can replay.
   */
  checkpoint?(): Checkpoint
  /**
   * Called once; no more may be sent after it resolves. Deliveries still under way are awaited by the collector before
   * `close`.
   */
  stop(): void | Promise<void>
  /** Called last, when every delivery has settled or been given up: save what must be saved, release what is held. */
  close?(): void | Promise<void>
}
