import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

export interface PeakOptions {
  /** Score from which on a point is a peak, in nats. */
  threshold: number
  /** Points after a peak in which only higher ones count. */
  refractory: number
  /** Points at first that are none. */
  warmup: number
}

/** Of the scores of what is one event, the first and those that rise above it: one event is not reported at every point. */
export class Peaks {
  readonly #options: PeakOptions
  #count = 0
  #peak = 0
  /** Points for which the peak still stands. */
  #standing = 0

  constructor(options: PeakOptions) {
    this.#options = options
  }

  /** Takes the score of the next point. Returns it, or 0 if it belongs to what was reported already. */
  next(score: number): number {
    const { threshold, refractory, warmup } = this.#options
    if (this.#standing > 0) this.#standing--
    if (this.#count < warmup) {
      this.#count++
      return 0
    }
    if (this.#standing > 0 && score <= this.#peak) return 0
    if (score >= threshold) {
      this.#peak = score
      this.#standing = refractory
    }
    return score
  }

  snapshot(): AttributeValue {
    return { count: this.#count, peak: this.#peak, standing: this.#standing }
  }

  restore(saved: Saved): void {
    this.#count = saved.number('count', 0)
    this.#peak = saved.number('peak', 0)
    this.#standing = saved.number('standing', 0)
  }
}
