import type { IsolatedThread } from './isolated-thread.ts'

/** The threads of one component and of what it works with: they end with it. */
export class ThreadGroup {
  readonly #threads = new Set<IsolatedThread>()

  adopt(thread: IsolatedThread): IsolatedThread {
    for (const other of this.#threads) if (other.isClosed) this.#threads.delete(other)
    this.#threads.add(thread)
    return thread
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.close()))
  }
}
