import type { Logger } from '@weir/sdk'

/** Peers that are remembered; beyond, the oldest is forgotten and may be spoken of again. */
const maxPeers = 10_000

/** Says a thing once of each peer: whoever knocks at the door all day does not fill the log. */
export class PeerNotices {
  readonly #logger: Logger
  readonly #said = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  warn(peer: string, what: string, message: string): void {
    const key = `${what} ${peer}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    if (this.#said.size > maxPeers) {
      for (const oldest of this.#said) {
        this.#said.delete(oldest)
        break
      }
    }
    this.#logger.warn({ peer, reason: what }, `${message}; of this peer it is not said again`)
  }
}
