import { isIP } from 'node:net'
import { badEndpoint } from './errors.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * `host:port`, `[address]:port`, or a port alone, which is one of 127.0.0.1.
 * @throws WeirError `WEIR_HTTP_ENDPOINT`
 */
export function parseEndpoint(component: string, endpoint: string): Endpoint {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:/[\]\s]*)):)?(\d{1,5})$/.exec(endpoint) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535) throw badEndpoint(component, endpoint)
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw badEndpoint(component, endpoint)
  const host = bracketed ?? plain
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port }
}
