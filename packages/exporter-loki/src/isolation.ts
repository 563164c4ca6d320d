import type { Entry } from './push-encoder.ts'
import { accountOf } from './refused-entries.ts'

/** Requests that finding out takes at most. */
const maxRequests = 64
/** When so many parts were all refused, it is not for single entries. */
const maxHopelessParts = 8

const halves = (entries: readonly Entry[]): (readonly Entry[])[] => {
  const middle = entries.length >> 1
  return [entries.slice(0, middle), entries.slice(middle)]
}

/**
 * Which entries of a refused request were refused. Where the answer does not say so, the others are sent once more, and
 * by halves when it says nothing: Loki knows those again that it has taken. What stays unknown counts as refused.
 * @param answer what Loki said of all of them
 * @param send resolves with what it says of some, undefined if it has taken them
 */
export async function isolate(
  entries: readonly Entry[],
  answer: string,
  send: (entries: readonly Entry[]) => Promise<string | undefined>,
): Promise<ReadonlySet<Entry>> {
  const refused = new Set<Entry>()
  /** What is to be sent to know more of some that were refused. */
  const narrowed = (part: readonly Entry[], said: string): readonly (readonly Entry[])[] => {
    const account = part.length === 1 ? { refused: new Set(part), unknown: [] } : accountOf(said, part)
    for (const entry of account.refused) refused.add(entry)
    if (account.unknown.length === 0) return []
    return account.refused.size > 0 ? [account.unknown] : halves(part)
  }
  let parts = narrowed(entries, answer)
  let requests = 0
  while (parts.length > 0) {
    const before = refused.size
    const next: (readonly Entry[])[] = []
    for (const [index, part] of parts.entries()) {
      if (requests++ === maxRequests) return new Set([...refused, ...next.flat(), ...parts.slice(index).flat()])
      const said = await send(part)
      if (said !== undefined) next.push(...narrowed(part, said))
    }
    const isHopeless = refused.size === before && parts.length >= maxHopelessParts && next.length === 2 * parts.length
    if (isHopeless) return new Set([...refused, ...next.flat()])
    parts = next
  }
  return refused
}
