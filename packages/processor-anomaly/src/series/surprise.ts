import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { RankSketch } from './rank-sketch.ts'

/** How much more surprise being beyond all that was seen can add. */
const maxMargin = 3

/**
 * Turns the size of a deviation into surprise: minus the logarithm of the share of earlier sizes that were at least as
 * large (a conformal p-value), and, beyond all of them, of how many times larger. So experts of any unit can be added.
 */
export class Surprise {
  readonly #ranks: RankSketch
  #largest = 0

  constructor(memory: number) {
    this.#ranks = new RankSketch(memory)
  }

  /** Takes the next size. Returns the surprise, in nats; none at a size of zero. */
  next(size: number): number {
    const ranks = this.#ranks
    let surprise = 0
    if (size > 0) {
      surprise = Math.log((ranks.count + 1) / (ranks.atLeast(size) + 1))
      if (size > this.#largest) {
        if (this.#largest > 0) surprise += Math.min(maxMargin, Math.log(size / this.#largest))
        this.#largest = size
      }
    }
    ranks.add(size)
    return surprise
  }

  snapshot(): AttributeValue {
    return { ranks: this.#ranks.snapshot(), largest: this.#largest }
  }

  restore(saved: Saved): void {
    this.#ranks.restore(saved.numbers('ranks'))
    this.#largest = saved.number('largest', 0)
  }
}
