const lookMs = 2

/** What a receiver's sends pass, so that they can be held back for a moment. */
export class Gate {
  #inside = 0
  #closed: PromiseWithResolvers<void> | undefined

  /** Nothing is passing. */
  get isEmpty(): boolean {
    return this.#inside === 0
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** What comes from now on waits. */
  close(): void {
    this.#closed ??= Promise.withResolvers()
  }

  open(): void {
    this.#closed?.resolve()
    this.#closed = undefined
  }

  /** Resolves when nothing is passing, and its senders have noted what they have sent. The gate must be closed. */
  async empty(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, this.isEmpty ? 0 : lookMs))
    while (!this.isEmpty)
  }

  async pass<Result>(send: () => Promise<Result>): Promise<Result> {
    while (this.#closed !== undefined) await this.#closed.promise
    this.#inside++
    try {
      return await send()
    } finally {
      this.#inside--
    }
  }
}
