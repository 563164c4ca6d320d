import { messageOf, WeirError } from '@weir/sdk'

export const noProtocol = (): WeirError =>
  new WeirError('protocols names none, so nothing could come in', {
    code: 'WEIR_OTLP_NO_PROTOCOL',
    configPath: ['protocols'],
    hint: 'name at least one: protocols: { grpc: {}, http: {} }',
  })

export function cannotListen(component: string, endpoint: string, cause: unknown): WeirError {
  const message = messageOf(cause)
  const hints: readonly (readonly [RegExp, string])[] = [
    [/EADDRINUSE/, 'another process listens there: stop it, or choose another port'],
    [/EACCES/, 'ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher one, or grant it'],
    [/EADDRNOTAVAIL|ENOTFOUND|resolv/, 'this machine has no such address; write host:port, such as 127.0.0.1:4317'],
  ]
  const hint = hints.find(([pattern]) => pattern.test(message))?.[1]
  return new WeirError(`${component}: cannot listen for gRPC on ${endpoint}: ${message}`, {
    code: 'WEIR_OTLP_LISTEN',
    component,
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** A request that cannot be taken now; its sender is to send it again. */
export class TryLater extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TryLater'
  }
}

/** How long a sender is asked to wait. */
export const retryAfterSeconds = 2
