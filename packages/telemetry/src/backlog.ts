/** What waits before an exporter, in memory or on the disk. */
export interface Backlog {
  readonly records: number
  readonly bytes: number
  readonly bounds: { readonly records: number; readonly bytes: number }
  /** How long, all in all, someone has had to wait for room, milliseconds. */
  readonly blockedMs: number
  /** When the oldest of it was written, Unix epoch in milliseconds, where that is known. */
  readonly oldestTime?: number | undefined
}
