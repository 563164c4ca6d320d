import { messageOf, WeirError } from '@weir/sdk'

/** The receiver that listens. */
export interface Owner {
  /** Its type, which stands in the codes of errors and the names of metrics: `syslog`. */
  readonly type: string
  readonly componentId: string
}

const errorOf = (
  { type, componentId }: Owner,
  code: string,
  message: string,
  more: { hint?: string; cause?: unknown },
): WeirError =>
  new WeirError(`${componentId}: ${message}`, {
    code: `WEIR_${type.toUpperCase()}_${code}`,
    component: componentId,
    ...more,
  })

export const noTransport = (owner: Owner): WeirError =>
  errorOf(owner, 'NO_TRANSPORT', 'no transport is configured, so nothing could come in', {
    hint: 'give it at least one of udp, tcp and unix, such as udp: { listen_address: "127.0.0.1:5514" }',
  })

export const badAddress = (owner: Owner, address: string): WeirError =>
  errorOf(owner, 'ADDRESS', `"${address}" is no address to listen on`, {
    hint: 'write host:port, such as 127.0.0.1:5514, 0.0.0.0:514 or [::1]:6514; a port alone listens on 127.0.0.1',
  })

export const badNetwork = (owner: Owner, network: string): WeirError =>
  errorOf(owner, 'NETWORK', `"${network}" in allowed_senders is no address and no network`, {
    hint: 'write an address or a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8',
  })

const hints: { readonly [code: string]: string } = {
  EADDRINUSE: 'another process listens there: stop it, or choose another port',
  EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher one, or grant it',
  EADDRNOTAVAIL: 'this machine has no such address',
}

export function cannotListen(owner: Owner, place: string, cause: unknown): WeirError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
  const hint = hints[String(code)]
  return errorOf(owner, 'LISTEN', `cannot listen on ${place}: ${messageOf(cause)}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}
