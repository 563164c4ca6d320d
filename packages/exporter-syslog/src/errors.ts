import { messageOf, PermanentError, RetryableError, WeirError } from '@weir/sdk'

export const impossible = (key: string, message: string, hint: string): WeirError =>
  new WeirError(message, { code: 'WEIR_SYSLOG_EXPORTER_CONFIG', hint, configPath: [key] })

const reasons: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  EPROTOTYPE: 'the socket is one of datagrams',
}

const hints: { readonly [code: string]: string } = {
  EPROTOTYPE: 'Node speaks to Unix sockets of streams only: let the peer listen on one, or use udp on 127.0.0.1',
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null ? String(Reflect.get(error, 'code') ?? '') : ''

/** What a failed connection or write means: the same batch may get through later. */
export function unreachable(peer: string, error: unknown): RetryableError {
  const code = codeOf(error)
  const reason = reasons[code]
  const hint = /CERT|VERIFY|SELF_SIGNED|ISSUER|ALTNAME|ERR_TLS|ERR_SSL/.test(code)
    ? 'look at tls: ca_file, server_name_override, and the certificate that the peer asks for'
    : hints[code]
  return new RetryableError(
    `cannot send to ${peer}: ${reason === undefined ? messageOf(error) : `${reason} (${code})`}`,
    {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    },
  )
}

export const closedByPeer = (peer: string): RetryableError =>
  new RetryableError(`${peer} has closed the connection`, {
    hint: 'look whether the peer refuses this sender (allowed senders, limit of connections, certificate)',
  })

export const tooLargeForDatagram = (peer: string, cause: unknown): PermanentError =>
  new PermanentError(`a message does not fit into a datagram on the way to ${peer}`, {
    cause,
    hint: 'lower max_message_size',
  })
