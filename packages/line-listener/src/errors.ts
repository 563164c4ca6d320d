import { messageOf, WeirError } from '@weir/sdk'

/** The receiver that listens. */
export interface Owner {
  /** Its type, which stands in the codes of errors and the names of metrics: `syslog`. */
  readonly type: string
  readonly componentId: string
}

const codeOf = (type: string, name: string): string => `WEIR_${type.toUpperCase()}_${name}`

export const noTransport = (type: string): WeirError =>
  new WeirError('no transport is configured, so nothing could come in', {
    code: codeOf(type, 'NO_TRANSPORT'),
    hint: 'give it at least one of udp, tcp and unix, such as udp: { listen_address: "127.0.0.1:5514" }',
  })

export const badAddress = (type: string, address: string): WeirError =>
  new WeirError(`"${address}" is no address to listen on`, {
    code: codeOf(type, 'ADDRESS'),
    hint: 'write host:port, such as 127.0.0.1:5514, 0.0.0.0:514 or [::1]:6514; a port alone listens on 127.0.0.1',
  })

export const badNetwork = (type: string, network: string, index: number): WeirError =>
  new WeirError(`"${network}" is no address and no network`, {
    code: codeOf(type, 'NETWORK'),
    hint: 'write an address or a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8',
    configPath: ['allowed_senders', index],
  })

const hints: { readonly [code: string]: string } = {
  EADDRINUSE: 'another process listens there: stop it, or choose another port',
  EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher one, or grant it',
  EADDRNOTAVAIL: 'this machine has no such address',
}

export function cannotListen({ type, componentId }: Owner, place: string, cause: unknown): WeirError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
  const hint = hints[String(code)]
  return new WeirError(`${componentId}: cannot listen on ${place}: ${messageOf(cause)}`, {
    code: codeOf(type, 'LISTEN'),
    component: componentId,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}
