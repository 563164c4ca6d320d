import { isIP } from 'node:net'
import { badAddress, type Owner } from './errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * `host:port`, `[address]:port`, or a port alone, which is one of 127.0.0.1.
 * @throws WeirError `WEIR_…_ADDRESS`
 */
export function parseListenAddress(owner: Owner, address: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(address) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535) throw badAddress(owner, address)
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw badAddress(owner, address)
  const host = bracketed ?? plain
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port }
}
