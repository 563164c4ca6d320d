import type { LogBatch } from '@weir/sdk'
import { type EntryHead, readHead } from './entry.ts'
import type { Incoming } from './incoming.ts'
import type { Segment } from './segment.ts'

/** An entry that is still in memory. */
export interface RecentEntry {
  readonly head: EntryHead
  readonly batch: LogBatch
  /** Told when nobody looks at the batch any more. */
  release(): void
}

/** Bytes of entries that are kept in memory beside the disk, so that an exporter that keeps up need not read. */
const maxBytes = 8 << 20

/** Entries that were written and not taken yet, the oldest first; not every one is among them. */
export class RecentEntries {
  readonly #entries: { readonly segment: Segment; readonly offset: number; readonly one: Incoming }[] = []
  #bytes = 0

  /** Keeps an entry that was written at a place, if there is room. */
  keep(segment: Segment, offset: number, one: Incoming): void {
    if (this.#bytes < maxBytes) {
      this.#entries.push({ segment, offset, one })
      this.#bytes += one.entry.bytes.length
    } else {
      one.release()
    }
  }

  /** The entry at a place, if it is here. Those before it are let go. */
  take(segment: Segment, offset: number): RecentEntry | undefined {
    for (let first = this.#entries[0]; first !== undefined; first = this.#entries[0]) {
      const isHere = first.segment === segment && first.offset === offset
      const isPast = first.segment.isGone || first.segment.number < segment.number
      if (!isHere && !isPast && (first.segment !== segment || first.offset > offset)) return undefined
      const { one } = first
      this.#entries.shift()
      this.#bytes -= one.entry.bytes.length
      const head = isHere && !isPast ? readHead(one.entry.bytes) : undefined
      if (head !== undefined) return { head, batch: one.entry.batch(), release: () => one.release() }
      one.release()
    }
    return undefined
  }
}
