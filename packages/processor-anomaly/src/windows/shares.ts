import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** Categories that are told apart; the rest is one. */
const maxCategories = 500
const other = '(others)'
/** Of what is usual so much is renewed with each window. */
const learning = 0.1
/** A share that is less is forgotten. */
const least = 1e-4

/** How often each category came. */
export class CategoryCounts {
  total = 0
  readonly counts = new Map<string, number>()

  add(category: string, count = 1): void {
    const key = this.counts.has(category) || this.counts.size < maxCategories ? category : other
    this.counts.set(key, (this.counts.get(key) ?? 0) + count)
    this.total += count
  }

  snapshot(): AttributeValue {
    return [...this.counts].map(([category, count]) => ({ category, count }))
  }

  static from(saved: readonly Saved[]): CategoryCounts {
    const counts = new CategoryCounts()
    for (const one of saved) counts.add(one.text('category'), one.number('count', 0))
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
  readonly #shares = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#shares.size === 0
  }

  /**
   * How far counts are from what is usual: the Jensen–Shannon distance, 0 the same to 1 nothing in common, and the
   * categories that make it, the most important first.
   * @see Lin, "Divergence measures based on the Shannon entropy", 1991
   */
  distance({ counts, total }: CategoryCounts): { distance: number; shifts: Shift[] } {
    const shifts: (Shift & { part: number })[] = []
    let divergence = 0
    for (const category of new Set([...counts.keys(), ...this.#shares.keys()])) {
      const share = (counts.get(category) ?? 0) / total
      const usual = this.#shares.get(category) ?? 0
      const part = (halfDivergence(share, usual) + halfDivergence(usual, share)) / 2
      divergence += part
      shifts.push({ category, share, usual, part })
    }
    shifts.sort((one, two) => two.part - one.part)
    return { distance: Math.sqrt(Math.max(0, Math.min(1, divergence))), shifts }
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

  /** The categories with the largest shares. */
  largest(count: number): { readonly category: string; readonly share: number }[] {
    const all = [...this.#shares].map(([category, share]) => ({ category, share }))
    return all.sort((one, two) => two.share - one.share).slice(0, count)
  }

  forget(): void {
    this.#shares.clear()
  }

  snapshot(): AttributeValue {
    return [...this.#shares].map(([category, share]) => ({ category, share }))
  }

  restore(saved: readonly Saved[]): void {
    for (const one of saved) this.#shares.set(one.text('category'), one.number('share', 0))
  }
}

/** One category's part of the divergence of one distribution from the middle of both, in bits. */
const halfDivergence = (share: number, than: number): number =>
  share > 0 ? share * Math.log2((2 * share) / (share + than)) : 0
