import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** Of what is known of the spread, so much is forgotten at each point. */
const forgetting = 1 / 2000

/** How much of the spread of a series its profile explains: 0 nothing, 1 all of it. */
export class SeasonStrength {
  #count = 0
  #mean = 0
  #spread = 0
  #unexplained = 0

  /** Takes a value and how far it was from what the profile says. */
  next(value: number, residual: number): void {
    const share = Math.max(forgetting, 1 / ++this.#count)
    const offset = value - this.#mean
    this.#mean += offset * share
    this.#spread += (offset * offset * (1 - share) - this.#spread) * share
    this.#unexplained += (residual * residual - this.#unexplained) * share
  }

  get share(): number {
    return this.#spread > 0 ? Math.max(0, 1 - this.#unexplained / this.#spread) : 0
  }

  snapshot(): AttributeValue {
    return { count: this.#count, mean: this.#mean, spread: this.#spread, unexplained: this.#unexplained }
  }

  restore(saved: Saved): void {
    this.#count = saved.number('count', 0)
    this.#mean = saved.number('mean', 0)
    this.#spread = saved.number('spread', 0)
    this.#unexplained = saved.number('unexplained', 0)
  }
}
