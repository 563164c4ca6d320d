/** Lets those wait who can do nothing until something has changed. */
export class Change {
  #next = Promise.withResolvers<void>()

  /** Resolves at the next change. */
  get next(): Promise<void> {
    return this.#next.promise
  }

  tell(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve()
  }
}
