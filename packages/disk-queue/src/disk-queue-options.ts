import type { Clock, Logger } from '@weir/sdk'
import type { FsyncPolicy } from './acknowledgements.ts'
import type { QueueStorage } from './queue-storage.ts'

export interface DiskQueueOptions {
  /** Made if it is not there. */
  readonly directory: string
  /** Bytes of files. */
  readonly maxBytes: number
  readonly whenFull: 'block' | 'drop_oldest'
  readonly fsync: FsyncPolicy
  readonly fsyncMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Aborts when a write that keeps failing must not be tried any longer. */
  readonly stopping: AbortSignal
  /** The file system; the real one if left out. */
  readonly storage?: QueueStorage
  /** Records were given up because there was no room. */
  onDrop(records: number): void
  /** Something was set aside, or is missing. */
  onDamage(): void
}
