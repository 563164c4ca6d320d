import { isIP } from 'node:net'
import { badAddress } from './errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * `host:port`, `[address]:port`, or a port alone, which is one of 127.0.0.1.
 * @param type of the receiver, for the code of the error
 * @throws WeirError `WEIR_…_ADDRESS`
 */
export function parseListenAddress(type: string, address: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(address) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65_535) throw badAddress(type, address)
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw badAddress(type, address)
  const host = bracketed ?? plain
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port }
}
