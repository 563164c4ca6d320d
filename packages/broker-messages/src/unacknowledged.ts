import type { AttributeValue } from '@weir/sdk'

/** `orders 17-` and 3 of `orders 17-3`: ids that differ by one in their last number are written as a range. */
const lastNumber = /^(.*?)(\d{1,15})$/s

/** Beyond which the broker must have heard of those before. */
const maxTold = 10_000

/**
 * The messages that have been sent on and that the broker may not know to be done. A checkpoint says which they are: when
 * one of these comes again after a crash, the detectors have seen it already.
 */
export class Unacknowledged {
  /** Batches that have been sent of a message; all of them: Infinity. */
  readonly #sent = new Map<string, number>()
  /** The same of runs before. */
  readonly #earlier: Map<string, number>
  /** Told to the broker since the last checkpoint, and since the one before: it may not have heard, and give them out again. */
  #told = new Set<string>()
  #toldBefore = new Set<string>()

  /** @param stored what `checkpoint` said in a run before */
  constructor(stored?: AttributeValue) {
    this.#earlier = read(stored)
  }

  /**
   * How many batches of a message that comes again have been sent, of which the detectors know: all of them: Infinity. What
   * is sent now and has not failed does not count: whoever has it knows.
   */
  sentEarlier(id: string): number {
    if (this.#told.has(id) || this.#toldBefore.has(id)) return Number.POSITIVE_INFINITY
    return this.#earlier.get(id) ?? 0
  }

  /** So many batches of a message have been sent; if left out, all of it. */
  sent(id: string, batches = Number.POSITIVE_INFINITY): void {
    this.#sent.set(id, batches)
  }

  /** It comes again, and counts then. */
  failed(id: string): void {
    this.#sent.delete(id)
    this.#earlier.delete(id)
  }

  /** The broker has been told that it is done. @param isCertain it has heard, so that the message cannot come again */
  acknowledged(id: string, isCertain = false): void {
    if (!isCertain) this.#told.add(id)
    if (this.#told.size >= maxTold) this.#age()
    this.#sent.delete(id)
    this.#earlier.delete(id)
  }

  /** What was out when this run began has come. */
  forgetEarlier(): void {
    this.#earlier.clear()
  }

  /** For the `Checkpoint` of a receiver. */
  checkpoint(): AttributeValue {
    const all = new Map([...this.#earlier, ...this.#sent])
    for (const id of [...this.#toldBefore, ...this.#told]) all.set(id, Number.POSITIVE_INFINITY)
    this.#age()
    const begun = [...all].filter(([, batches]) => batches !== Number.POSITIVE_INFINITY)
    return {
      whole: ranges([...all].flatMap(([id, batches]) => (batches === Number.POSITIVE_INFINITY ? [id] : []))),
      begun: Object.fromEntries(begun),
    }
  }

  #age(): void {
    this.#toldBefore = this.#told
    this.#told = new Set()
  }
}

/** Ids as `[first, how many more]`, flat: those of one stream mostly follow each other. */
function ranges(ids: readonly string[]): AttributeValue[] {
  const parts = ids.map((id) => {
    const [, prefix = id, digits] = lastNumber.exec(id) ?? []
    // A number that is not written as one would be would not be found again.
    const number = digits === undefined || String(Number(digits)) !== digits ? undefined : Number(digits)
    return { id, prefix, number }
  })
  parts.sort((one, other) =>
    one.prefix === other.prefix ? (one.number ?? -1) - (other.number ?? -1) : one.prefix < other.prefix ? -1 : 1,
  )
  const flat: AttributeValue[] = []
  let last: (typeof parts)[number] | undefined
  let more = 0
  const end = () => {
    if (last !== undefined) flat.push(more)
    more = 0
  }
  for (const part of parts) {
    const follows = last?.number !== undefined && last.prefix === part.prefix && part.number === last.number + 1
    if (follows) more++
    else {
      end()
      flat.push(part.id)
    }
    last = part
  }
  end()
  return flat
}

function read(stored: AttributeValue | undefined): Map<string, number> {
  const found = new Map<string, number>()
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return found
  const { whole, begun } = stored as { whole?: unknown; begun?: unknown }
  const flat: unknown[] = Array.isArray(whole) ? whole : []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [id, more] = [String(flat[at]), Number(flat[at + 1])]
    found.set(id, Number.POSITIVE_INFINITY)
    const [, prefix = '', digits = ''] = lastNumber.exec(id) ?? []
    for (let next = 1; next <= more; next++) found.set(`${prefix}${Number(digits) + next}`, Number.POSITIVE_INFINITY)
  }
  if (typeof begun === 'object' && begun !== null) {
    for (const [id, batches] of Object.entries(begun)) found.set(id, Number(batches))
  }
  return found
}
