import { WeirError } from '@weir/sdk'
import type { ConnectionConfig } from './connection-keys.ts'

type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number }

/**
 * `host:port`, a host alone, or the path of a socket.
 * @throws WeirError `WEIR_REDIS_ENDPOINT`
 */
export function parseEndpoint(endpoint: string): Endpoint {
  if (endpoint.startsWith('/')) return { path: endpoint }
  const colon = endpoint.lastIndexOf(':')
  const host = (colon < 0 ? endpoint : endpoint.slice(0, colon)).replace(/^\[(.*)\]$/, '$1')
  const port = colon < 0 ? 6379 : Number(endpoint.slice(colon + 1))
  if (port > 0 && port < 65_536) return { host, port }
  throw new WeirError(`${endpoint} has no port`, {
    code: 'WEIR_REDIS_ENDPOINT',
    hint: 'write host:port',
    configPath: ['endpoint'],
  })
}

/**
 * For the `check` of a component with `connectionKeys`.
 * @throws WeirError `WEIR_REDIS_ENDPOINT`
 */
export function checkConnection({ endpoint }: Pick<ConnectionConfig, 'endpoint'>): void {
  parseEndpoint(endpoint)
}
