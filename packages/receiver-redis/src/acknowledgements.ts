import type { RedisClient } from '@weir/redis-connection'

/** Ids in one command. */
const maxIds = 1000

/** What has been delivered and the server does not know of yet, over interruptions of the connection. */
export class Acknowledgements {
  readonly #group: string
  readonly #deletes: boolean
  readonly #told: (stream: string, id: string) => void
  readonly #due = new Map<string, string[]>()

  /** @param told called when the server knows of an entry */
  constructor(group: string, deletes: boolean, told: (stream: string, id: string) => void) {
    this.#group = group
    this.#deletes = deletes
    this.#told = told
  }

  get isEmpty(): boolean {
    return this.#due.size === 0
  }

  /** False if others are waiting already. */
  add(stream: string, id: string): boolean {
    const isFirst = this.#due.size === 0
    const ids = this.#due.get(stream)
    if (ids === undefined) this.#due.set(stream, [id])
    else ids.push(id)
    return isFirst
  }

  /** Tells the server; what does not reach it is kept for the next time. */
  async flush(client: RedisClient): Promise<void> {
    const due = [...this.#due]
    this.#due.clear()
    await Promise.all(
      due.flatMap(([stream, ids]) =>
        Array.from({ length: Math.ceil(ids.length / maxIds) }, (_, index) =>
          this.#tell(client, stream, ids.slice(index * maxIds, (index + 1) * maxIds)),
        ),
      ),
    )
  }

  async #tell(client: RedisClient, stream: string, ids: readonly string[]): Promise<void> {
    try {
      await Promise.all([
        client.xAck(stream, this.#group, [...ids]),
        ...(this.#deletes ? [client.xDel(stream, [...ids])] : []),
      ])
    } catch (error) {
      for (const id of ids) this.add(stream, id)
      throw error
    }
    for (const id of ids) this.#told(stream, id)
  }
}
