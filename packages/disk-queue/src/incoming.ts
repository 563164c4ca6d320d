import type { Acknowledgement } from './acknowledgements.ts'
import type { Entry } from './entry.ts'
import type { Taken } from './taken-entries.ts'

/** A batch on its way to the disk. */
export interface Incoming extends Acknowledgement {
  readonly entry: Entry
  readonly records: number
  /** When it came, Unix epoch in milliseconds. */
  readonly time: number
  /** Set if it was taken before it was written. */
  taken?: Taken
  /** Told when nobody looks at the entry any more. */
  release(): void
}
