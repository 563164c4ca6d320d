import type { Delivery } from '@weir/sdk'

/** The deliveries that are under way. */
export class DeliveryLedger {
  readonly #open = new Set<Promise<void>>()

  add(delivery: Delivery): void {
    const { done } = delivery
    this.#open.add(done)
    const close = () => void this.#open.delete(done)
    done.then(close, close)
  }

  /** Resolves when everything that is under way now has been delivered; rejects if something was not. */
  async delivered(): Promise<void> {
    await Promise.all([...this.#open])
  }
}
