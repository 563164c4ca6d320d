import { Buffer } from 'node:buffer'
import { createClient, RESP_TYPES } from '@redis/client'
import { clientTls } from '@weir/tls-files'
import type { ConnectionConfig } from './connection-keys.ts'
import { parseEndpoint } from './endpoint.ts'

export interface RedisClientOptions {
  config: ConnectionConfig
  /** Folder against which paths are resolved. */
  baseDir: string
  componentId: string
}

/** Longest time for a connection. */
const connectTimeout = 5000

/** A client whose texts are bytes, and which does not find its way back: whoever uses it opens another. */
export type RedisClient = Awaited<ReturnType<typeof openClient>>

/** @throws what the client throws; RetryableError `WEIR_REDIS_FILE` when a file cannot be used */
export async function openClient(options: RedisClientOptions, onEnd: () => void = () => {}) {
  const { username, password, database } = options.config
  const client = createClient({
    RESP: 2,
    name: options.componentId.replaceAll(/[^!-~]/g, '_'),
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    socket: socketOf(options),
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })
  // What was under way is told by its own promise.
  client.on('error', onEnd)
  client.on('end', onEnd)
  await client.connect()
  return client
}

function socketOf({ config, baseDir }: RedisClientOptions) {
  const { tls } = config
  const place = parseEndpoint(config.endpoint)
  const common = { connectTimeout, reconnectStrategy: false as const }
  if ('path' in place) return { ...common, path: place.path, tls: false as const }
  const { host, port } = place
  if (tls === undefined) return { ...common, host, port }
  const files = clientTls(tls, baseDir, 'WEIR_REDIS_FILE')
  return { ...common, host, port, tls: true as const, servername: host, ...files }
}
