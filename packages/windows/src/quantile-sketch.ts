import type { AttributeValue } from '@weir/sdk'
import type { Saved } from './saved.ts'

/** Values of one bucket differ by 2 % at most, so that a quantile is right to 1 %. */
const gamma = 1.02
const logGamma = Math.log(gamma)
/** Values nearer to zero than this count as zero. */
const smallest = 1e-9
const zeroBucket = 0
/** Buckets are numbered from here, away from zero on both sides. */
const offset = Math.ceil(Math.log(1 / smallest) / logGamma) + 2
/** Buckets kept: two thousand span 17 powers of ten. */
const maxBuckets = 2048

/**
 * Counts of values in buckets whose width grows with the value: quantiles to 1 %, mergeable, bounded.
 * @see Masson, Rim, Lee: DDSketch, VLDB 2019
 */
export class QuantileSketch {
  readonly #counts = new Map<number, number>()
  #total = 0

  add(value: number, count = 1): void {
    this.#addToBucket(bucketOf(value), count)
  }

  merge(other: QuantileSketch): void {
    for (const [bucket, count] of other.#counts) this.#addToBucket(bucket, count)
  }

  /** The value below which the share `q` of the values lies; NaN if there are none. */
  quantile(q: number): number {
    let rest = q * (this.#total - 1)
    for (const [bucket, count] of [...this.#counts].sort(([one], [other]) => one - other)) {
      rest -= count
      if (rest < 0) return middleOf(bucket)
    }
    return Number.NaN
  }

  snapshot(): AttributeValue {
    return { buckets: [...this.#counts.keys()], counts: [...this.#counts.values()] }
  }

  static from(saved: Saved): QuantileSketch {
    const sketch = new QuantileSketch()
    const counts = saved.numbers('counts')
    for (const [index, bucket] of saved.numbers('buckets').entries()) sketch.#addToBucket(bucket, counts[index] ?? 0)
    return sketch
  }

  #addToBucket(bucket: number, count: number): void {
    const known = this.#counts.get(bucket)
    // Past the bound values join the bucket of zero: nonsense on both ends of the scale must not cost memory.
    const target = known === undefined && this.#counts.size >= maxBuckets ? zeroBucket : bucket
    this.#counts.set(target, (this.#counts.get(target) ?? 0) + count)
    this.#total += count
  }
}

/** The number of the bucket that a value falls into; buckets are in the order of their values. */
export function bucketOf(value: number): number {
  const size = Math.abs(value)
  if (!(size >= smallest)) return zeroBucket
  return Math.sign(value) * (Math.ceil(Math.log(Math.min(size, Number.MAX_VALUE)) / logGamma) + offset)
}

/** The value in the middle of a bucket, within 1 % of all that fall into it. */
export function middleOf(bucket: number): number {
  if (bucket === zeroBucket) return 0
  return (Math.sign(bucket) * 2 * gamma ** (Math.abs(bucket) - offset)) / (1 + gamma)
}
