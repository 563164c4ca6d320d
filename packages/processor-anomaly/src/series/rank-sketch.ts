/** Bins to a doubling, and the bin of 1: sizes from 2⁻⁴⁰ to 2⁸⁷ are told apart by 9 %. */
const perOctave = 8
const zeroBin = 320
/** A power of two, for the tree. */
const bins = 1024
/** What is less counts as nothing. */
const least = 1e-12

/**
 * How many of the sizes seen so far were at least as large as one: bins on a logarithmic scale, with their sums in a
 * Fenwick tree, so that both adding and asking take ten steps. Of what is long past half is forgotten at a time.
 */
export class RankSketch {
  /** Sizes that are remembered. */
  count = 0
  readonly #capacity: number
  readonly #tree = new Float64Array(bins + 1)

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(size: number): void {
    for (let at = binOf(size) + 1; at <= bins; at += at & -at) this.#tree[at] = (this.#tree[at] ?? 0) + 1
    this.count++
    if (this.count >= this.#capacity) this.#halve()
  }

  /** Sizes in the same bin or above. */
  atLeast(size: number): number {
    let below = 0
    for (let at = binOf(size); at > 0; at -= at & -at) below += this.#tree[at] ?? 0
    return this.count - below
  }

  snapshot() {
    const filled: number[] = []
    for (const [bin, count] of this.#counts().entries()) if (count > 0) filled.push(bin, count)
    return filled
  }

  restore(filled: readonly number[]): void {
    const counts = new Float64Array(bins)
    for (let index = 0; index + 1 < filled.length; index += 2) counts[filled[index] ?? 0] = filled[index + 1] ?? 0
    this.#build(counts)
  }

  #halve(): void {
    this.#build(this.#counts().map((count) => count / 2))
  }

  #counts(): Float64Array {
    const counts = this.#tree.slice(1)
    for (let at = bins; at > 0; at--) {
      const parent = at + (at & -at)
      if (parent <= bins) counts[parent - 1] = (counts[parent - 1] ?? 0) - (this.#tree[at] ?? 0)
    }
    return counts
  }

  #build(counts: Float64Array): void {
    this.#tree.fill(0)
    this.count = 0
    for (const [bin, count] of counts.entries()) {
      this.count += count
      for (let at = bin + 1; count > 0 && at <= bins; at += at & -at) this.#tree[at] = (this.#tree[at] ?? 0) + count
    }
  }
}

const binOf = (size: number): number =>
  size > least ? Math.max(1, Math.min(bins - 1, Math.floor(Math.log2(size) * perOctave) + zeroBin)) : 0
