import type { Acknowledgement } from './acknowledgements.ts'
import type { Segment } from './segment.ts'

/**
 * An entry that was written and is not acknowledged yet. An fsync that covers it acknowledges it, or its export: whichever
 * comes first.
 */
class WrittenEntry implements Acknowledgement {
  readonly #acknowledgement: Acknowledgement
  readonly #onOver: () => void
  #isOver = false

  constructor(acknowledgement: Acknowledgement, onOver: () => void) {
    this.#acknowledgement = acknowledgement
    this.#onOver = onOver
  }

  settle(): void {
    if (this.#end()) this.#acknowledgement.settle()
  }

  /** The fsync that was to cover it failed, and a later one says nothing about it: its export remains. */
  fail(): void {}

  giveUp(reason: unknown): void {
    if (this.#end()) this.#acknowledgement.fail(reason)
  }

  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#onOver()
    return true
  }
}

/** The entries that are not acknowledged, by where they end. */
export class WrittenEntries {
  readonly #bySegment = new Map<Segment, Map<number, WrittenEntry>>()

  add(segment: Segment, end: number, acknowledgement: Acknowledgement): Acknowledgement {
    const entries = this.#bySegment.get(segment) ?? new Map<number, WrittenEntry>()
    this.#bySegment.set(segment, entries)
    const entry = new WrittenEntry(acknowledgement, () => {
      entries.delete(end)
      if (entries.size === 0) this.#bySegment.delete(segment)
    })
    entries.set(end, entry)
    return entry
  }

  /** It has been exported. */
  done(segment: Segment, end: number): void {
    this.#bySegment.get(segment)?.get(end)?.settle()
  }

  /** The operator has chosen to lose what is in the segment. */
  dropped(segment: Segment): void {
    for (const entry of [...(this.#bySegment.get(segment)?.values() ?? [])]) entry.settle()
  }

  /** What ends behind `from`, up to `to`, cannot be read. */
  lost(segment: Segment, from: number, to: number, reason: unknown): void {
    for (const [end, entry] of [...(this.#bySegment.get(segment) ?? [])])
      if (end > from && end <= to) entry.giveUp(reason)
  }

  /** Nothing will be exported any more. */
  close(reason: unknown): void {
    for (const entries of [...this.#bySegment.values()]) for (const entry of [...entries.values()]) entry.giveUp(reason)
  }
}
