import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '@weir/sdk'
import type { RedisClient, RedisClientOptions } from './redis-client.ts'
import { redisError } from './redis-error.ts'

export interface RedisLinkOptions extends RedisClientOptions {
  logger: Logger
}

/** Longest time for closing. */
const closeMs = 2000

/** A connection of a component: made when it is needed first, and again when it was lost. */
export class RedisLink {
  readonly #options: RedisLinkOptions
  #opening: Promise<RedisClient> | undefined
  #isClosed = false
  #wasLost = false

  constructor(options: RedisLinkOptions) {
    this.#options = options
  }

  get endpoint(): string {
    return this.#options.config.endpoint
  }

  /** @throws RetryableError when the server does not let us in; WeirError `WEIR_REDIS_FILE` */
  async client(): Promise<RedisClient> {
    const opening = this.#opening ?? this.#open()
    this.#opening = opening
    try {
      return await opening
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined
      throw redisError(error, this.endpoint)
    }
  }

  /** Ends the connection at once, whatever is under way. */
  async destroy(): Promise<void> {
    this.#isClosed = true
    const client = await this.#opening?.catch(() => undefined)
    if (client?.isOpen) client.destroy()
  }

  /** Waits for the answers that are due, and ends the connection. A server that does not answer must not hold us up. */
  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#opening?.catch(() => undefined)
    if (!client?.isOpen) return
    const isOver = new AbortController()
    const late = wait(closeMs, undefined, { signal: isOver.signal }).catch(() => {})
    await Promise.race([client.close().catch(() => {}), late])
    isOver.abort()
    if (client.isOpen) client.destroy()
  }

  async #open(): Promise<RedisClient> {
    if (this.#isClosed) throw new Error('closed')
    const { logger } = this.#options
    // Loaded when Redis is in use: the client takes longer to load than all of Weir.
    const { openClient } = await import('./redis-client.ts')
    let isConnected = false
    const client = await openClient(this.#options, () => {
      this.#opening = undefined
      if (!isConnected || this.#isClosed || this.#wasLost) return
      this.#wasLost = true
      logger.warn({ endpoint: this.endpoint }, 'the connection to Redis is lost, trying again')
    })
    isConnected = true
    if (this.#isClosed) {
      client.destroy()
      throw new Error('closed')
    }
    logger.info({ endpoint: this.endpoint }, this.#wasLost ? 'connected to Redis again' : 'connected to Redis')
    this.#wasLost = false
    return client
  }
}
