import type { AttributeValue } from '@weir/sdk'
import { middleOf, type Saved } from '@weir/windows'

/** Categories that are told apart; the rest is one. */
const maxCategories = 500
const other = '(others)'
/** Of what is usual so much is renewed with each window. */
const learning = 0.1
/** A share that is less is forgotten. */
const least = 1e-4

/** A word, or the number of the bucket of a `QuantileSketch` that a size falls into. */
export type Category = string | number

const categoryIn = (saved: Saved): Category => {
  const category = saved.value('category')
  return typeof category === 'number' ? category : saved.text('category')
}

/** How often each category came. */
export class CategoryCounts {
  total = 0
  readonly counts = new Map<Category, number>()

  add(category: Category, count = 1): void {
    const key = this.counts.has(category) || this.counts.size < maxCategories ? category : other
    this.counts.set(key, (this.counts.get(key) ?? 0) + count)
    this.total += count
  }

  snapshot(): AttributeValue {
    return [...this.counts].map(([category, count]) => ({ category, count }))
  }

  static from(saved: readonly Saved[]): CategoryCounts {
    const counts = new CategoryCounts()
    for (const one of saved) counts.add(categoryIn(one), one.number('count', 0))
    return counts
  }
}

export interface Shift {
  readonly category: string
  readonly share: number
  readonly usual: number
}

/** What share each category usually has. */
export class UsualShares {
  readonly #shares = new Map<Category, number>()

  get isEmpty(): boolean {
    return this.#shares.size === 0
  }

  /**
   * How far counts are from what is usual: the Jensen–Shannon distance, 0 the same to 1 nothing in common, and the
   * categories that make it, the most important first. Sizes are compared by the tenths of what is usual.
   * @see Lin, "Divergence measures based on the Shannon entropy", 1991
   */
  distance({ counts, total }: CategoryCounts): { distance: number; shifts: Shift[] } {
    const nameOf = tenthsOf(this.#shares)
    const bins = new Map<string, { share: number; usual: number }>()
    const binOf = (category: Category) => {
      const name = nameOf(category)
      const bin = bins.get(name) ?? { share: 0, usual: 0 }
      bins.set(name, bin)
      return bin
    }
    for (const [category, count] of counts) binOf(category).share += count / total
    for (const [category, share] of this.#shares) binOf(category).usual += share
    const shifts: (Shift & { part: number })[] = []
    let divergence = 0
    for (const [category, { share, usual }] of bins) {
      const part = (halfDivergence(share, usual) + halfDivergence(usual, share)) / 2
      divergence += part
      shifts.push({ category, share, usual, part })
    }
    shifts.sort((one, two) => two.part - one.part)
    return { distance: Math.sqrt(Math.max(0, Math.min(1, divergence))), shifts }
  }

  /** The size below which the share `q` of the usual sizes lies; NaN if there are none. */
  quantile(q: number): number {
    return quantileOf(this.#shares, q)
  }

  learn({ counts, total }: CategoryCounts): void {
    const rate = this.isEmpty ? 1 : learning
    for (const category of new Set([...counts.keys(), ...this.#shares.keys()])) {
      const past = this.#shares.get(category) ?? 0
      const share = past + ((counts.get(category) ?? 0) / total - past) * rate
      if (share < least) this.#shares.delete(category)
      else this.#shares.set(category, share)
    }
  }

  /** The words with the largest shares. */
  largest(count: number): { readonly category: string; readonly share: number }[] {
    const all = [...this.#shares].flatMap(([category, share]) =>
      typeof category === 'string' ? [{ category, share }] : [],
    )
    return all.sort((one, two) => two.share - one.share).slice(0, count)
  }

  forget(): void {
    this.#shares.clear()
  }

  snapshot(): AttributeValue {
    return [...this.#shares].map(([category, share]) => ({ category, share }))
  }

  restore(saved: readonly Saved[]): void {
    for (const one of saved) this.#shares.set(categoryIn(one), one.number('share', 0))
  }
}

/** One category's part of the divergence of one distribution from the middle of both, in bits. */
const halfDivergence = (share: number, than: number): number =>
  share > 0 ? share * Math.log2((2 * share) / (share + than)) : 0

type Weights = ReadonlyMap<Category, number>

/** Buckets of sizes in ascending order, with their weights and those of all up to them. */
function* ascending(weights: Weights): Generator<{ bucket: number; upTo: number; total: number }> {
  const sizes = [...weights].filter((entry): entry is [number, number] => typeof entry[0] === 'number')
  const total = sizes.reduce((sum, [, weight]) => sum + weight, 0)
  let upTo = 0
  for (const [bucket, weight] of sizes.sort(([one], [two]) => one - two)) {
    upTo += weight
    yield { bucket, upTo, total }
  }
}

/** The size below which the share `q` of the sizes lies; NaN if there are none. */
export function quantileOf(weights: Weights, q: number): number {
  let last = Number.NaN
  for (const { bucket, upTo, total } of ascending(weights)) {
    last = middleOf(bucket)
    if (upTo >= q * total) break
  }
  return last
}

const tenths = 10
const short = (size: number): string => String(Number(size.toPrecision(2)))

/** Names categories: words as they are, sizes by the tenth of the usual sizes that they fall into. */
function tenthsOf(usual: Weights): (category: Category) => string {
  /** The sizes at which another tenth is reached; the last is the largest of all. */
  const ends: number[] = []
  let reached = 0
  for (const { bucket, upTo, total } of ascending(usual)) {
    const tenth = Math.floor((upTo / total) * tenths + 1e-9)
    if (tenth > reached) ends.push(bucket)
    reached = tenth
  }
  return (category) => {
    if (typeof category === 'string') return category
    const at = ends.findIndex((end) => category <= end)
    const [from, to] = [ends[at < 0 ? ends.length - 1 : at - 1], ends[at]]
    if (from === undefined) return to === undefined ? 'a number' : `up to ${short(middleOf(to))}`
    return to === undefined ? `above ${short(middleOf(from))}` : `${short(middleOf(from))} to ${short(middleOf(to))}`
  }
}
