import type { Entry } from './entry.ts'

const timeOf = (id: string): number => Number(id.slice(0, id.indexOf('-')))
const numberOf = (id: string): number => Number(id.slice(id.indexOf('-') + 1))
const compare = (one: Entry, other: Entry): number =>
  timeOf(one.id) - timeOf(other.id) || numberOf(one.id) - numberOf(other.id)

/**
 * Puts the entries of several streams in the order of their ids, which are times: so that a backlog is seen in the order
 * of time, and windows of time over one stream are not closed before the others have come as far.
 */
export class InOrder {
  #held: Entry[] = []
  /** How far the streams have come that may have more. */
  readonly #reached = new Map<string, Entry>()

  /** Entries that wait for other streams to come as far. */
  get held(): readonly Entry[] {
    return this.#held
  }

  /** The streams of which nothing is held: those to ask for more. */
  free(streams: readonly string[]): string[] {
    const busy = new Set(this.#held.map(({ stream }) => stream))
    return streams.filter((stream) => !busy.has(stream))
  }

  /**
   * Takes an answer, in which each of the asked streams has up to `limit` entries, and returns those before which none can
   * come. A stream that has brought as many as it was asked for may have more after its last.
   */
  next(entries: readonly Entry[], asked: readonly string[], limit: number): Entry[] {
    const answers = Map.groupBy(entries, ({ stream }) => stream)
    for (const stream of asked) {
      const answer = answers.get(stream) ?? []
      const end = answer.at(-1)
      if (answer.length < limit || end === undefined) this.#reached.delete(stream)
      else this.#reached.set(stream, end)
    }
    let last: Entry | undefined
    for (const end of this.#reached.values()) if (last === undefined || compare(end, last) < 0) last = end
    const all = [...this.#held, ...entries].sort(compare)
    const { ready = [], held = [] } = Object.groupBy(all, (entry) =>
      last === undefined || compare(entry, last) <= 0 ? 'ready' : 'held',
    )
    this.#held = held
    return ready
  }
}
