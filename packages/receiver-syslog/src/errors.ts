import { messageOf, WeirError } from '@weir/sdk'

export const noTransport = (component: string): WeirError =>
  new WeirError(`${component}: no transport is configured, so nothing could come in`, {
    code: 'WEIR_SYSLOG_NO_TRANSPORT',
    component,
    hint: 'give it at least one of udp, tcp and unix, such as udp: { listen_address: "127.0.0.1:5514" }',
  })

export const badAddress = (component: string, address: string): WeirError =>
  new WeirError(`${component}: "${address}" is no address to listen on`, {
    code: 'WEIR_SYSLOG_ADDRESS',
    component,
    hint: 'write host:port, such as 127.0.0.1:5514, 0.0.0.0:514 or [::1]:6514; a port alone listens on 127.0.0.1',
  })

export const badNetwork = (component: string, network: string): WeirError =>
  new WeirError(`${component}: "${network}" in allowed_senders is no address and no network`, {
    code: 'WEIR_SYSLOG_NETWORK',
    component,
    hint: 'write an address or a network in CIDR notation, such as 10.0.0.0/8 or fd00::/8',
  })

export function cannotListen(component: string, place: string, cause: unknown): WeirError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
  const hints: { readonly [code: string]: string } = {
    EADDRINUSE: 'another process listens there: stop it, or choose another port',
    EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher one, or grant it',
    EADDRNOTAVAIL: 'this machine has no such address',
  }
  const hint = hints[String(code)]
  return new WeirError(`${component}: cannot listen on ${place}: ${messageOf(cause)}`, {
    code: 'WEIR_SYSLOG_LISTEN',
    component,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

export const badCertificate = (component: string, cause: unknown): WeirError =>
  new WeirError(`${component}: the certificates of tls cannot be used: ${messageOf(cause)}`, {
    code: 'WEIR_SYSLOG_TLS',
    component,
    cause,
    hint: 'tls needs cert_file and key_file in PEM that belong together; client_ca_file and crl_file are PEM as well',
  })
