import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type JetStreamClient, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  headers,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator,
} from '@nats-io/transport-node'
import { type Logger, messageOf, RetryableError } from '@weir/sdk'
import { clientTls } from '@weir/tls-files'
import type { ConnectionConfig, StreamConfig } from './connection-keys.ts'
import { ensureStream } from './stream.ts'
import { connect } from './transport.ts'

export interface NatsClientOptions {
  config: ConnectionConfig
  /** Folder against which paths are resolved. */
  baseDir: string
  componentId: string
  logger: Logger
}

/** Longest time for an answer. */
const timeoutMs = 5000

/** Longest time for closing. */
const closeMs = 2000

/** A connection, and JetStream by way of it. */
export class NatsClient {
  readonly connection: NatsConnection
  readonly jetstream: JetStreamClient
  readonly manager: JetStreamManager
  readonly #logger: Logger

  private constructor(connection: NatsConnection, manager: JetStreamManager, logger: Logger) {
    this.connection = connection
    this.manager = manager
    this.jetstream = manager.jetstream()
    this.#logger = logger
  }

  /** @throws what the client throws; RetryableError `WEIR_NATS_FILE` when a file cannot be read */
  static async open(options: NatsClientOptions): Promise<NatsClient> {
    const connection = await connect(await connectionOptions(options))
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: timeoutMs })
    return new NatsClient(connection, manager, options.logger)
  }

  /**
   * Makes sure that a stream is there: creates it, if the config says so.
   * @param subjects those that it takes in, unless the config says
   */
  ensureStream(name: string, subjects: readonly string[], config: StreamConfig): Promise<void> {
    return ensureStream(this.manager, name, subjects, config, this.#logger)
  }

  headers(fields: { readonly [name: string]: string }): MsgHdrs {
    const made = headers()
    for (const [name, value] of Object.entries(fields)) made.set(name, value)
    return made
  }

  /** Lets what is on its way to the server reach it, and closes. A server that does not answer must not hold us up. */
  async close(): Promise<void> {
    const { connection } = this
    const isOver = new AbortController()
    const late = wait(closeMs, undefined, { signal: isOver.signal }).catch(() => {})
    await Promise.race([connection.flush().catch(() => {}), connection.closed(), late])
    await Promise.race([connection.close(), late])
    isOver.abort()
  }
}

async function connectionOptions(options: NatsClientOptions): Promise<ConnectionOptions> {
  const { config, baseDir, componentId } = options
  const { user, password, token } = config.auth
  const authenticator = await authenticatorOf(options)
  return {
    servers: config.urls,
    name: config.connection_name ?? componentId,
    timeout: config.connect_timeout,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(authenticator === undefined ? {} : { authenticator }),
    // Not all of it is in the client's own types, but all is handed on to Node.
    ...(config.tls === undefined
      ? {}
      : { tls: { handshakeFirst: config.tls.handshake_first, ...clientTls(config.tls, baseDir, 'WEIR_NATS_FILE') } }),
  }
}

async function authenticatorOf({ config, baseDir }: NatsClientOptions): Promise<Authenticator | undefined> {
  const { credentials_file: credentials, nkey_file: nkey } = config.auth
  if (credentials !== undefined) return credsAuthenticator(await read('auth.credentials_file', baseDir, credentials))
  if (nkey === undefined) return undefined
  const seed = await read('auth.nkey_file', baseDir, nkey)
  return nkeyAuthenticator(Buffer.from(seed.toString().trim()))
}

async function read(key: string, baseDir: string, path: string): Promise<Buffer> {
  try {
    return await readFile(resolve(baseDir, path))
  } catch (error) {
    // It may be about to be replaced: what waits to be sent is not to be given up for that.
    throw new RetryableError(`${key} cannot be read: ${messageOf(error)}`, { code: 'WEIR_NATS_FILE', cause: error })
  }
}
