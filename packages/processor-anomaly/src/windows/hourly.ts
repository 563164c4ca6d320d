import type { AttributeValue } from '@weir/sdk'
import { type Saved, savedTime } from '@weir/windows'

const hourMs = 3_600_000
const hours = 24
/** Of what is usual so much is renewed each day. */
const learning = 0.3
/** Days after which an hour is known. */
const leastDays = 2

/** What is usual at each hour of the day: the mean of whole hours, so that what creeps up is not usual within the same hour. */
export class Hourly {
  readonly #usual = new Float64Array(hours).fill(Number.NaN)
  readonly #days = new Uint32Array(hours)
  #hour = Number.NaN
  #sum = 0
  #count = 0

  /** `NaN` where it is not known yet. */
  usual(time: number): number {
    const slot = slotOf(Math.floor(time / hourMs))
    return (this.#days[slot] ?? 0) < leastDays ? Number.NaN : (this.#usual[slot] ?? Number.NaN)
  }

  learn(time: number, value: number): void {
    const hour = Math.floor(time / hourMs)
    if (hour !== this.#hour) this.#close(hour)
    this.#sum += value
    this.#count++
  }

  snapshot(): AttributeValue {
    const [usual, days] = [Array.from(this.#usual, savedTime), [...this.#days]]
    return { usual, days, hour: savedTime(this.#hour), sum: this.#sum, count: this.#count }
  }

  restore(saved: Saved): void {
    for (const [slot, value] of saved.values('usual').entries())
      if (typeof value === 'number' && slot < hours) this.#usual[slot] = value
    this.#days.set(saved.numbers('days').slice(0, hours))
    this.#hour = saved.number('hour', Number.NaN)
    this.#sum = saved.number('sum', 0)
    this.#count = saved.number('count', 0)
  }

  #close(next: number): void {
    if (this.#count > 0) {
      const slot = slotOf(this.#hour)
      const mean = this.#sum / this.#count
      const usual = this.#usual[slot] ?? Number.NaN
      this.#usual[slot] = Number.isNaN(usual) ? mean : usual + (mean - usual) * learning
      this.#days[slot] = (this.#days[slot] ?? 0) + 1
    }
    this.#hour = next
    this.#sum = 0
    this.#count = 0
  }
}

const slotOf = (hour: number): number => ((hour % hours) + hours) % hours
