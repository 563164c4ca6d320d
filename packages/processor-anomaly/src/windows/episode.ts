import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { Habit } from './habit.ts'

/** A habit is broken by what goes this much further, or lasts this much longer. */
const further = 1.5
const longer = 2

/** A time during which something is unusual; whether it is worth an alert depends on whether it is a habit. */
export class Episode {
  isOn = false
  isReported = false
  readonly #windowMs: number
  readonly #habit: Habit
  #startedAt = 0
  #peak = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
    this.#habit = new Habit(2 * windowMs)
  }

  /** It begins, `size` far from usual. Returns whether to report it. */
  begin(time: number, size: number): boolean {
    this.isOn = true
    this.#startedAt = time
    this.#peak = size
    this.isReported = this.#habit.usual(time) === undefined
    return this.isReported
  }

  /** It goes on. Returns whether to report it now, since it is no longer what usually happens. */
  goOn(time: number, size: number): boolean {
    this.#peak = Math.max(this.#peak, size)
    if (this.isReported) return false
    const usual = this.#habit.usual(this.#startedAt)
    this.isReported =
      usual === undefined ||
      size > further * usual.peak ||
      time - this.#startedAt > longer * usual.duration + this.#windowMs
    return this.isReported
  }

  /** It is over. Returns whether it had been reported. */
  end(time: number): boolean {
    this.#habit.remember({ start: this.#startedAt, duration: time - this.#startedAt, peak: this.#peak })
    this.isOn = false
    return this.isReported
  }

  /** Nobody knows how it ends. */
  interrupt(): void {
    this.isOn = false
    this.isReported = false
  }

  snapshot(): AttributeValue {
    return {
      isOn: this.isOn,
      isReported: this.isReported,
      startedAt: this.#startedAt,
      peak: this.#peak,
      habit: this.#habit.snapshot(),
    }
  }

  restore(saved: Saved): void {
    this.isOn = saved.flag('isOn')
    this.isReported = saved.flag('isReported')
    this.#startedAt = saved.number('startedAt', 0)
    this.#peak = saved.number('peak', 0)
    this.#habit.restore(saved.values('habit'))
  }
}
