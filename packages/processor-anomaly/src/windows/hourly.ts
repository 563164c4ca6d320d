import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

const hourMs = 3_600_000
const hours = 24
/** Days that are remembered: a week, so that a Monday is not odd after a Sunday. */
const days = 7
/** Days after which an hour is known. */
const leastDays = 2

/**
 * What is usual at each hour of the day: the most that it was, as a mean over the hour, on any day of the last week. So what creeps
 * up is not usual within the same hour, and busy days are no news.
 */
export class Hourly {
  /** Means by hour of the day and day, those of a new day over those of a week before. */
  readonly #means = new Float64Array(hours * days).fill(Number.NaN)
  #hour = Number.NaN
  #sum = 0
  #count = 0

  /** `NaN` where it is not known yet. */
  usual(time: number): number {
    const slot = modulo(Math.floor(time / hourMs), hours) * days
    let most = Number.NaN
    let known = 0
    for (const mean of this.#means.subarray(slot, slot + days)) {
      if (Number.isNaN(mean)) continue
      known++
      if (!(mean <= most)) most = mean
    }
    return known < leastDays ? Number.NaN : most
  }

  learn(time: number, value: number): void {
    const hour = Math.floor(time / hourMs)
    if (hour !== this.#hour) this.#close(hour)
    this.#sum += value
    this.#count++
  }

  snapshot(): AttributeValue {
    const means = Array.from(this.#means, savedTime)
    return { means, hour: savedTime(this.#hour), sum: this.#sum, count: this.#count }
  }

  restore(saved: Saved): void {
    for (const [place, mean] of saved.values('means').entries())
      if (typeof mean === 'number' && place < this.#means.length) this.#means[place] = mean
    this.#hour = saved.number('hour', Number.NaN)
    this.#sum = saved.number('sum', 0)
    this.#count = saved.number('count', 0)
  }

  #close(next: number): void {
    const hour = this.#hour
    if (this.#count > 0) this.#means[placeOf(hour)] = Number((this.#sum / this.#count).toPrecision(4))
    this.#hour = next
    this.#sum = 0
    this.#count = 0
  }
}

const modulo = (number: number, of: number): number => ((number % of) + of) % of

const placeOf = (hour: number): number => modulo(hour, hours) * days + modulo(Math.floor(hour / hours), days)
