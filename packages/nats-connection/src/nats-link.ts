import type { NatsConnection } from '@nats-io/transport-node'
import type { NatsClient, NatsClientOptions } from './nats-client.ts'
import { natsError } from './nats-error.ts'

/** The connection of one component: made when it is needed first, and again when it has come to its end. */
export class NatsLink {
  readonly #options: NatsClientOptions
  #opening: Promise<NatsClient> | undefined
  #isClosed = false

  constructor(options: NatsClientOptions) {
    this.#options = options
  }

  /** The servers, for messages. */
  get servers(): string {
    return this.#options.config.urls.join(', ')
  }

  /**
   * The connection. While it is interrupted it is the same one, which finds its way back by itself.
   * @throws RetryableError when no server lets us in; WeirError `WEIR_NATS_FILE` when a file cannot be read
   */
  async client(): Promise<NatsClient> {
    const opening = this.#opening ?? this.#open()
    this.#opening = opening
    try {
      return await opening
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined
      throw natsError(error, this.servers)
    }
  }

  /** Lets what is on its way to the server reach it, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true
    const client = await this.#opening?.catch(() => undefined)
    await client?.close()
  }

  async #open(): Promise<NatsClient> {
    if (this.#isClosed) throw new Error('closed')
    // Loaded when NATS is in use: the client takes longer to load than all of Weir.
    const { NatsClient: Client } = await import('./nats-client.ts')
    const client = await Client.open(this.#options)
    void this.#watch(client.connection)
    return client
  }

  /** Logs what becomes of the connection, and forgets it when it has come to its end. */
  async #watch(connection: NatsConnection): Promise<void> {
    const { logger } = this.#options
    logger.info({ server: connection.getServer() }, 'connected to NATS')
    void connection.closed().then((error) => {
      this.#opening = undefined
      if (error && !this.#isClosed)
        logger.error({ error: natsError(error, this.servers).message }, 'the connection is closed')
    })
    for await (const status of connection.status()) {
      if (this.#isClosed) continue
      if (status.type === 'disconnect')
        logger.warn({ server: status.server }, 'the connection to NATS is lost, trying again')
      else if (status.type === 'reconnect') logger.info({ server: status.server }, 'connected to NATS again')
      else if (status.type === 'error') logger.warn({ error: status.error.message }, 'NATS reports an error')
    }
  }
}
