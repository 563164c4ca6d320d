import type { AttributeValue } from '@weir/sdk'
import type { Saved } from '@weir/windows'

/** The rise that it is quickest to notice: to twice what is usual. */
const rise = 2
/** How much evidence is enough, in nats: one false alarm in e^16 windows, were the counts Poisson's. */
const enough = 16
/** More is not kept, and with so little it is over: so that the end is noticed, too. */
const most = 1.25 * enough
const littleLeft = enough / 2
/** One window alone is not enough: that is for others to notice. */
const mostAtOnce = enough / 4
/** Windows that say together how much counts vary beyond chance over longer times. */
const blockLength = 30
/** Blocks that are remembered, on average. */
const memory = 48
/** What one block says of that is bounded: something that happened once is not usual. */
const maxSquare = 16
/** Least mean rise since it began. */
const leastRatio = 1.5

/** A rise that has gone on for some time, as reported. */
export interface Creeping {
  readonly since: number
  /** How many times more has come since then than was expected. */
  readonly ratio: number
}

/**
 * Notices counts that creep up: by windows too little to stand out, together too much for chance. A cumulative sum of the
 * log-likelihood that counts are twice as large as expected, over how much they vary anyway.
 * @see Page, "Continuous inspection schemes", Biometrika 1954; Lucas, "Counted data CUSUM's", Technometrics 1985
 */
export class Creep {
  isOn = false
  readonly #leastExcess: number
  #sum = 0
  #since = Number.NaN
  #observed = 0
  #expected = 0
  #dispersion = 1
  #block = { windows: 0, observed: 0, expected: 0 }

  /** @param leastExcess how much more than expected must have come in all */
  constructor(leastExcess: number) {
    this.#leastExcess = leastExcess
  }

  /** How many times more has come than was expected, since it began to. */
  get ratio(): number {
    return this.#expected > 0 ? this.#observed / this.#expected : 1
  }

  /** Takes the count of a window that began at `start`, and what was expected of it. Returns what creeps, from when it does. */
  next(start: number, observed: number, expected: number): Creeping | undefined {
    if (!this.isOn) this.#vary(observed, expected)
    const evidence = (observed * Math.log(rise) - expected * (rise - 1)) / this.#dispersion
    if (this.#sum <= 0) this.#begin(start)
    this.#observed += observed
    this.#expected += expected
    this.#sum = Math.min(most, Math.max(0, this.#sum + Math.min(mostAtOnce, evidence)))
    if (this.isOn && this.#sum < littleLeft) this.clear()
    const isMuch = this.ratio >= leastRatio && this.#observed - this.#expected >= this.#leastExcess
    const isEnough = this.#sum >= enough && isMuch
    if (this.isOn || !isEnough) return undefined
    this.isOn = true
    return { since: this.#since, ratio: this.ratio }
  }

  /** What was seen is explained by something else. */
  clear(): void {
    this.isOn = false
    this.#sum = 0
    this.#block = { windows: 0, observed: 0, expected: 0 }
  }

  snapshot(): AttributeValue {
    return {
      ...{ isOn: this.isOn, sum: this.#sum, since: Number.isNaN(this.#since) ? null : this.#since },
      ...{ observed: this.#observed, expected: this.#expected },
      ...{ dispersion: this.#dispersion, block: { ...this.#block } },
    }
  }

  restore(saved: Saved): void {
    this.isOn = saved.flag('isOn')
    this.#sum = saved.number('sum', 0)
    this.#since = saved.number('since', Number.NaN)
    this.#observed = saved.number('observed', 0)
    this.#expected = saved.number('expected', 0)
    this.#dispersion = saved.number('dispersion', 1)
    const block = saved.child('block')
    const [windows, observed, expected] = ['windows', 'observed', 'expected'].map((name) => block.number(name, 0))
    this.#block = { windows: windows ?? 0, observed: observed ?? 0, expected: expected ?? 0 }
  }

  #begin(start: number): void {
    this.#since = start
    this.#observed = 0
    this.#expected = 0
  }

  /** How much counts vary over longer times: what is never still must rise further. */
  #vary(observed: number, expected: number): void {
    const block = this.#block
    block.windows++
    block.observed += observed
    block.expected += expected
    if (block.windows < blockLength) return
    if (block.expected > 0) {
      const square = (block.observed - block.expected) ** 2 / block.expected
      this.#dispersion += (Math.min(maxSquare, square) - this.#dispersion) / memory
      this.#dispersion = Math.max(1, this.#dispersion)
    }
    this.#block = { windows: 0, observed: 0, expected: 0 }
  }
}
