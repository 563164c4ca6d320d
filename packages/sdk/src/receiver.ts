import type { Output } from './delivery.ts'

/** Brings records in. */
export interface Receiver {
  /** Called once, after everything downstream has started. Resolves when the receiver is ready; it then goes on by itself. */
  start(output: Output): void | Promise<void>
  /**
   * Called once; no more may be sent after it resolves. Deliveries still under way are awaited by the collector before
   * `close`.
   */
  stop(): void | Promise<void>
  /** Called last, when every delivery has settled or been given up: save what must be saved, release what is held. */
  close?(): void | Promise<void>
}
