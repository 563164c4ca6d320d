import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'

const tls = Type.Object(
  {
    cert_file: Type.String({ description: 'Certificate chain of the receiver, PEM.' }),
    key_file: Type.String({ description: 'Private key of the certificate, PEM.' }),
    client_ca_file: Type.Optional(
      Type.String({
        description: 'Authorities that sign the certificates of clients, PEM; left out, none is asked for.',
      }),
    ),
    client_certificate: OneOf(['required', 'optional'], {
      description: 'With `client_ca_file`: whether a client without a certificate is refused. A bad one always is.',
      default: 'required',
    }),
    permitted_peers: Type.Array(Type.String(), {
      description:
        'Names of which a client certificate must bear one (DNS name or common name); `*.example.com` stands for one label. Empty: any.',
      default: [],
      examples: [['*.example.com']],
    }),
    crl_file: Type.Optional(Type.String({ description: 'Certificates that were revoked, PEM.' })),
    min_version: OneOf(['1.2', '1.3'], { description: 'Oldest version of TLS.', default: '1.2' }),
    handshake_timeout: Duration({ description: 'Longest time for a handshake.', default: '10s' }),
  },
  { description: 'TLS, mutual with `client_ca_file`.', additionalProperties: false },
)

const streamKeys = {
  enable_octet_counting: Type.Optional(
    Type.Boolean({
      description:
        'Framing by octet counting (RFC 6587, RFC 5425): `true` always, `false` never. Left out, told apart message by message.',
    }),
  ),
  non_transparent_framing_trailer: Type.Optional(
    OneOf(['LF', 'NUL'], {
      description: 'What ends a message that is not counted. Left out, both do; CR before LF is dropped.',
    }),
  ),
  max_log_size: Size({
    description:
      'Longest message; the frame after a longer one is intact. The `max_log_size` of the receiver applies too.',
    default: '1MiB',
  }),
  max_log_size_behavior: OneOf(['truncate', 'drop'], {
    description: 'What becomes of a message longer than `max_log_size`.',
    default: 'truncate',
  }),
  max_connections: Type.Integer({ description: 'Connections at once; more are refused.', default: 1000, minimum: 1 }),
  connection_idle_timeout: Duration({
    description: 'Close a connection over which nothing has come for this long; 0 never.',
    default: '0',
  }),
  frame_timeout: Duration({
    description: 'Close a connection whose message was begun this long ago and has no end; 0 never.',
    default: '1m',
  }),
}

export const config = Type.Object({
  protocol: OneOf(['auto', 'rfc3164', 'rfc5424'], {
    description: 'Which syntax messages have; `auto` tells it message by message. Handed on to the parser `syslog`.',
    default: 'auto',
  }),
  location: Type.String({
    description:
      'Zone of times that tell none: `UTC`, `Local`, an offset such as `+02:00`, or an IANA name. Handed on to the parser `syslog`.',
    default: 'UTC',
    examples: ['Europe/Berlin'],
  }),
  udp: Type.Optional(
    Type.Object(
      {
        listen_address: Type.String({ description: 'Address and port to listen on.', default: '127.0.0.1:5514' }),
        one_log_per_packet: Type.Boolean({
          description: 'A datagram is one message (RFC 5426); `false` splits it at line feeds.',
          default: true,
        }),
        receive_buffer_size: Size({
          description: 'Buffer asked of the kernel; it grants no more than `net.core.rmem_max`.',
          default: '8MiB',
        }),
        queue_size: Size({
          description: 'Bytes that may wait while the pipeline is held back; what comes beyond is dropped, counted.',
          default: '16MiB',
        }),
      },
      { description: 'Receive datagrams.', additionalProperties: false },
    ),
  ),
  tcp: Type.Optional(
    Type.Object(
      {
        listen_address: Type.String({ description: 'Address and port to listen on.', default: '127.0.0.1:5514' }),
        tls: Type.Optional(tls),
        ...streamKeys,
      },
      { description: 'Receive over TCP, or TLS.', additionalProperties: false },
    ),
  ),
  unix: Type.Optional(
    Type.Object(
      {
        path: Type.String({
          description: 'Path of the socket; a relative one is resolved against the folder of the config.',
        }),
        mode: Type.String({
          description: 'Permissions of the socket, octal.',
          default: '0660',
          pattern: '^0?[0-7]{3}$',
        }),
        ...streamKeys,
      },
      { description: 'Receive over a Unix stream socket.', additionalProperties: false },
    ),
  ),
  embedded_newlines: OneOf(['escape', 'space', 'split'], {
    description: 'What becomes of a line feed within a message: `#012`, a space, or the end of a record.',
    default: 'escape',
  }),
  add_attributes: Type.Boolean({
    description: 'Add `network.peer.address`, `network.peer.port` and `network.transport` to every record.',
    default: false,
  }),
  allowed_senders: Type.Array(Type.String(), {
    description: 'Addresses and networks (CIDR) from which messages are taken; empty: all.',
    default: [],
    examples: [['10.0.0.0/8', 'fd00::/8']],
  }),
  flush_timeout: Duration({ description: 'Longest time for which messages are gathered.', default: '5ms' }),
})

export type SyslogConfig = Static<typeof config>
export type StreamConfig = Pick<NonNullable<SyslogConfig['tcp']>, keyof typeof streamKeys>
export type TlsConfig = Static<typeof tls>
export type DatagramConfig = NonNullable<SyslogConfig['udp']>
