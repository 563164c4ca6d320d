import type { Delivery } from '@weir/sdk'

/**
 * A delivery made of parts: it is done when every part has settled, and rejects with the first failure, but only then:
 * who waits knows that nobody uses the batch any more.
 */
export class PendingDelivery implements Delivery {
  readonly done: Promise<void>
  #parts: number
  #failure: { reason: unknown } | undefined
  readonly #settled = Promise.withResolvers<void>()

  /** Of a part on its way: whoever hands the whole to a receiver knows of the checkpoint. */
  get stored(): Promise<void> {
    return this.done
  }

  /** @param parts how many times `settle` or `fail` will be called */
  constructor(parts: number) {
    this.#parts = parts
    this.done = this.#settled.promise
    // A delivery that nobody waits for must not bring the process down when it fails.
    this.done.catch(() => {})
    if (parts === 0) this.#settled.resolve()
  }

  /** One more part to wait for, while there still is one that has not settled. */
  add(): void {
    this.#parts++
  }

  settle(): void {
    this.#parts--
    if (this.#parts > 0) return
    if (this.#failure === undefined) this.#settled.resolve()
    else this.#settled.reject(this.#failure.reason)
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason }
    this.settle()
  }

  /** Makes another delivery one of the parts. */
  include(delivery: Delivery): void {
    this.add()
    delivery.done.then(
      () => this.settle(),
      (reason: unknown) => this.fail(reason),
    )
  }
}
