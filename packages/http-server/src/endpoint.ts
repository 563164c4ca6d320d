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
export function parseEndpoint(endpoint: string): Endpoint {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:/[\]\s]*)):)?(\d{1,5})$/.exec(endpoint) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535) throw badEndpoint(endpoint)
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw badEndpoint(endpoint)
  const host = bracketed ?? plain
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port }
}

/**
 * For the `check` of a component with the keys of a server. The files of `tls` are read when it starts.
 * @throws WeirError `WEIR_HTTP_ENDPOINT`
 */
export function checkEndpoint({ endpoint }: { readonly endpoint: string }): void {
  parseEndpoint(endpoint)
}
