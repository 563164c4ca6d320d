import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createClient, RESP_TYPES } from '@redis/client'
import { messageOf, WeirError } from '@weir/sdk'
import type { ConnectionConfig } from './connection-keys.ts'

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

/** @throws what the client throws; WeirError `WEIR_REDIS_FILE` when a file cannot be read */
export async function openClient(options: RedisClientOptions, onEnd: () => void = () => {}) {
  const { username, password, database } = options.config
  const client = createClient({
    RESP: 2,
    name: options.componentId.replaceAll(/[^!-~]/g, '_'),
    database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    socket: await socketOf(options),
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  })
  // What was under way is told by its own promise.
  client.on('error', onEnd)
  client.on('end', onEnd)
  await client.connect()
  return client
}

async function socketOf({ config, baseDir }: RedisClientOptions) {
  const { endpoint, tls } = config
  const common = { connectTimeout, reconnectStrategy: false as const }
  if (endpoint.startsWith('/')) return { ...common, path: endpoint, tls: false as const }
  const colon = endpoint.lastIndexOf(':')
  const host = (colon < 0 ? endpoint : endpoint.slice(0, colon)).replace(/^\[(.*)\]$/, '$1')
  const port = colon < 0 ? 6379 : Number(endpoint.slice(colon + 1))
  if (!(port > 0 && port < 65_536)) {
    throw new WeirError(`endpoint: ${endpoint} has no port`, { code: 'WEIR_REDIS_ENDPOINT', hint: 'write host:port' })
  }
  if (tls === undefined) return { ...common, host, port }
  const { ca_file: ca, cert_file: cert, key_file: key, server_name_override: servername } = tls
  return {
    ...common,
    host,
    port,
    tls: true as const,
    rejectUnauthorized: !tls.insecure_skip_verify,
    servername: servername ?? host,
    ...(ca === undefined ? {} : { ca: await read('tls.ca_file', baseDir, ca) }),
    ...(cert === undefined ? {} : { cert: await read('tls.cert_file', baseDir, cert) }),
    ...(key === undefined ? {} : { key: await read('tls.key_file', baseDir, key) }),
  }
}

async function read(key: string, baseDir: string, path: string): Promise<Buffer> {
  try {
    return await readFile(resolve(baseDir, path))
  } catch (error) {
    throw new WeirError(`${key} cannot be read: ${messageOf(error)}`, { code: 'WEIR_REDIS_FILE', cause: error })
  }
}
