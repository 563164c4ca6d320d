import type { Delivery } from '@weir/sdk'

type Cover = PromiseWithResolvers<void>

const newCover = (): Cover => {
  const cover = Promise.withResolvers<void>()
  cover.promise.catch(() => {})
  return cover
}

/** The deliveries that are under way, and which of them a checkpoint covers. */
export class DeliveryLedger {
  readonly #open = new Set<Promise<void>>()
  /** Settles with the checkpoint that will cover what is added now; undefined where none is needed. */
  #next: Cover | undefined
  /** Of what is covered by checkpoints that were taken and are not stored. */
  #taken: Cover[] = []
  #onUrge: (() => void) | undefined
  #hasFailed = false

  /** From now on nothing counts as stored before a checkpoint is. @param onUrge called when one is wanted soon */
  needCheckpoints(onUrge: () => void): void {
    this.#next ??= newCover()
    this.#onUrge = onUrge
  }

  /** @returns settles when the source may forget it */
  add(delivery: Pick<Delivery, 'done'>): Promise<void> {
    const { done } = delivery
    this.#open.add(done)
    const close = () => void this.#open.delete(done)
    done.then(close, () => {
      this.#hasFailed = true
      close()
    })
    const cover = this.#next
    if (cover === undefined) return done
    const stored = done.then(() => cover.promise)
    stored.catch(() => {})
    return stored
  }

  /** What is delivered waits for a checkpoint that should not be long in coming. */
  urge(): void {
    this.#onUrge?.()
  }

  /** Something has not been delivered since a checkpoint was taken last: what remembers it is ahead of its source. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** A checkpoint is taken: it covers all that was added so far. */
  take(): void {
    this.#hasFailed = false
    this.#cover()
  }

  /** What was taken is stored. */
  stored(): void {
    for (const { resolve } of this.#taken.splice(0)) resolve()
  }

  /** No checkpoint will be stored any more. */
  abandon(reason: unknown): void {
    this.#cover()
    for (const { reject } of this.#taken.splice(0)) reject(reason)
  }

  #cover(): void {
    if (this.#next === undefined) return
    this.#taken.push(this.#next)
    this.#next = newCover()
  }

  /** Resolves when everything that is under way now has been delivered; rejects if something was not. */
  async delivered(): Promise<void> {
    await Promise.all([...this.#open])
  }
}
