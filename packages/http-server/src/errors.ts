import { messageOf, WeirError } from '@weir/sdk'

export const badEndpoint = (endpoint: string): WeirError =>
  new WeirError(`"${endpoint}" is no address to listen on`, {
    code: 'WEIR_HTTP_ENDPOINT',
    configPath: ['endpoint'],
    hint: 'write host:port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080; a port alone listens on 127.0.0.1',
  })

export function cannotListen(component: string, endpoint: string, cause: unknown): WeirError {
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
  const hints: { readonly [code: string]: string } = {
    EADDRINUSE: 'another process listens there: stop it, or choose another port',
    EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher one, or grant it',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no host of this name',
  }
  const hint = hints[String(code)]
  return new WeirError(`${component}: cannot listen on ${endpoint}: ${messageOf(cause)}`, {
    code: 'WEIR_HTTP_LISTEN',
    component,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}
