import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { PermanentError } from '@weir/sdk'

/** What is not on the public internet, or leads past it (IANA's special-purpose registries). */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const) {
  special.addSubnet(network, prefix, 'ipv6')
}

/** Whether an IP address is loopback, link-local, private or otherwise not public. */
export const isPrivateAddress = (address: string): boolean =>
  isIP(address) === 6 ? special.check(address.replace(/%.*$/, ''), 'ipv6') : special.check(address, 'ipv4')

export const privateRedirect = (host: string): PermanentError =>
  new PermanentError(`the sink redirects to ${host}, which is a private address`, {
    code: 'WEIR_HTTP_REDIRECT',
    hint: 'set the address to that itself, or allow_private_redirects: true if you trust the sink',
  })

/** Looks a name up for the connection itself, so that no second answer can differ from the one that was checked. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error !== null || first === undefined) return callback(error, '')
    if (addresses.some(({ address }) => isPrivateAddress(address))) return callback(privateRedirect(hostname), '')
    if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
