import type { AttributeValue } from '@weir/sdk'
import { Saved } from '@weir/windows'

/** What is believed before anything is known: one in a hundred, with the weight of fifty records. */
const priorErrors = 0.5
const priorRecords = 50
/** One window says no more than this about how much the shares vary. */
const maxSquare = 9

/**
 * The usual share of errors, and how surprising a number of them is. Surprise is the signed root of the Poisson deviance,
 * which behaves like a z-score for small counts too, where the plain one cries wolf; it is divided by how much shares
 * have varied beyond chance.
 * @see McCullagh and Nelder, Generalized Linear Models, 2.4 (deviance residuals, overdispersion)
 */
export class ShareBaseline {
  windows = 0
  readonly #memory: number
  #errors = priorErrors
  #records = priorRecords
  #dispersion = 1

  /** @param memory windows that are remembered, on average */
  constructor(memory: number) {
    this.#memory = memory
  }

  get share(): number {
    return this.#errors / this.#records
  }

  deviation(errors: number, records: number): number {
    return signedRoot(errors, records * this.share) / Math.sqrt(Math.max(1, this.#dispersion))
  }

  learn(errors: number, records: number): void {
    if (records === 0) return
    this.windows++
    const square = Math.min(maxSquare, signedRoot(errors, records * this.share) ** 2)
    this.#dispersion += (square - this.#dispersion) / Math.min(this.#memory, this.windows + 5)
    const kept = 1 - 1 / this.#memory
    this.#errors = this.#errors * kept + errors
    this.#records = this.#records * kept + records
  }

  /** Takes what was seen in these windows as usual. */
  relearn(errors: number, records: number, windows: number): void {
    this.#errors = priorErrors + errors
    this.#records = priorRecords + records
    this.windows = windows
    this.#dispersion = 1
  }

  snapshot(): AttributeValue {
    return {
      windows: this.windows,
      errors: this.#errors,
      records: this.#records,
      dispersion: this.#dispersion,
    }
  }

  restore(snapshot: AttributeValue | undefined): void {
    const saved = new Saved(snapshot)
    this.windows = saved.number('windows', 0)
    this.#errors = saved.number('errors', priorErrors)
    this.#records = saved.number('records', priorRecords)
    this.#dispersion = saved.number('dispersion', 1)
  }
}

function signedRoot(observed: number, expected: number): number {
  if (expected <= 0) return 0
  const deviance = observed === 0 ? expected : observed * Math.log(observed / expected) - (observed - expected)
  return Math.sign(observed - expected) * Math.sqrt(2 * Math.max(0, deviance))
}
