import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'
import { Extremes } from './extremes.ts'

const levels = 16
/** Values that are only learnt from at first. */
const warmup = 50

/** How unusual a step from one level of the range to another is: what has never followed what is the most unusual. */
export class Transitions {
  readonly #range: Extremes
  readonly #memory: number
  readonly #steps = new Float64Array(levels * levels)
  readonly #from = new Float64Array(levels)
  #last = 0
  #count = 0

  constructor(memory: number) {
    this.#memory = memory
    this.#range = new Extremes(memory)
  }

  /** Takes the next value. Returns minus the logarithm of how often its level has followed the one before. */
  next(value: number): number {
    this.#range.next(value)
    const { low, high } = this.#range
    const width = high - low
    const level = width > 0 ? Math.min(levels - 1, Math.floor(((value - low) / width) * levels)) : 0
    const last = this.#last
    const step = level * levels + last
    const seen = this.#steps[step] ?? 0
    const left = this.#from[last] ?? 0
    this.#steps[step] = seen + 1
    this.#from[last] = left + 1
    this.#last = level
    if (++this.#count >= this.#memory) this.#halve()
    return this.#count > warmup ? Math.max(0, -Math.log((seen + 0.5) / (left + 1))) : 0
  }

  snapshot(): AttributeValue {
    return {
      range: this.#range.snapshot(),
      steps: [...this.#steps],
      from: [...this.#from],
      last: this.#last,
      count: this.#count,
    }
  }

  restore(saved: Saved): void {
    this.#range.restore(saved.child('range'))
    this.#steps.set(saved.numbers('steps').slice(0, this.#steps.length))
    this.#from.set(saved.numbers('from').slice(0, levels))
    this.#last = saved.number('last', 0)
    this.#count = saved.number('count', 0)
  }

  #halve(): void {
    this.#count /= 2
    for (let index = 0; index < this.#steps.length; index++) this.#steps[index] = (this.#steps[index] ?? 0) / 2
    for (let index = 0; index < levels; index++) this.#from[index] = (this.#from[index] ?? 0) / 2
  }
}
