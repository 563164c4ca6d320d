/** Groups that are remembered; the one unused for longest makes room. */
const maxGroups = 10_000

/** Parts that add up to one are a little less in floating point. */
const almostOne = 1 - 1e-9

interface Bucket {
  tokens: number
  /** Event time up to which it was filled, milliseconds. */
  time: number
  /** Records refused since one was let through. */
  refused: number
}

/** A token bucket for each group, in the time of the records. */
export class RateLimit {
  readonly #perMs: number
  readonly #burst: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(recordsPerSecond: number, burst: number) {
    this.#perMs = recordsPerSecond / 1000
    this.#burst = burst
  }

  /** For how many records this one stands that may pass, itself included; 0 if it may not. */
  admit(group: string, time: number): number {
    let bucket = this.#buckets.get(group)
    if (bucket === undefined) {
      bucket = { tokens: this.#burst, time, refused: 0 }
      if (this.#buckets.size >= maxGroups) {
        for (const oldest of this.#buckets.keys()) {
          this.#buckets.delete(oldest)
          break
        }
      }
    } else {
      this.#buckets.delete(group)
      const passed = time - bucket.time
      if (passed > 0) {
        bucket.tokens = Math.min(this.#burst, bucket.tokens + passed * this.#perMs)
        bucket.time = time
      }
    }
    this.#buckets.set(group, bucket)
    if (bucket.tokens < almostOne) {
      bucket.refused++
      return 0
    }
    bucket.tokens--
    const weight = 1 + bucket.refused
    bucket.refused = 0
    return weight
  }
}
