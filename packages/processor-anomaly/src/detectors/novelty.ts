import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** Messages over which the share of new kinds is averaged. */
const memory = 2000
/** Where more than this share of the messages is of a new kind, a new kind is nothing to report. */
const usualShare = 0.01
/** Alerts are counted over this time. */
const periodMs = 600_000

/** Decides whether one more kind of message is worth a word. */
export class Novelty {
  readonly #maxAlerts: number
  /** Share of new kinds among the latest messages, as of message `#at`. */
  #share = 0
  #at = 0
  #period = 0
  #alerts = 0
  #suppressed = 0

  constructor(maxAlerts: number) {
    this.#maxAlerts = maxAlerts
  }

  /** A new kind was found; says whether that is usual here. */
  found(messages: number): boolean {
    this.#share = this.#share * Math.exp((this.#at - messages) / memory) + 1 / memory
    this.#at = messages
    return this.#share > usualShare
  }

  /** Takes one alert from the budget: how many were held back before it, or `undefined` if it is to be held back. */
  admit(time: number): number | undefined {
    const period = Math.floor(time / periodMs)
    if (period > this.#period) {
      this.#period = period
      this.#alerts = 0
    }
    if (this.#alerts >= this.#maxAlerts) {
      this.#suppressed++
      return undefined
    }
    this.#alerts++
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }

  snapshot(): AttributeValue {
    return {
      share: this.#share,
      at: this.#at,
      period: this.#period,
      alerts: this.#alerts,
      suppressed: this.#suppressed,
    }
  }

  restore(saved: Saved): void {
    this.#share = saved.number('share', 0)
    this.#at = saved.number('at', 0)
    this.#period = saved.number('period', 0)
    this.#alerts = saved.number('alerts', 0)
    this.#suppressed = saved.number('suppressed', 0)
  }
}
