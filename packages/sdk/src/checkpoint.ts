import type { AttributeValue } from './value.ts'

/**
 * What a component stores in its `State` at a checkpoint, by key; `null` removes a key.
 *
 * At a checkpoint the collector holds the receivers back for a moment until everything that was sent has passed the
 * processors. Then it asks each component with a `checkpoint` method, a receiver for the positions of what it has sent
 * and the others for what they know by now, and stores all of it in one transaction once everything that was sent before
 * has been delivered. So after a crash the sources go on exactly where what is known ends (Chandy and Lamport's
 * distributed snapshots, in one process).
 *
 * What such a component writes to `State` by itself is seen by itself alone, and stored when the collector stops.
 */
export interface Checkpoint {
  readonly [key: string]: AttributeValue
}
