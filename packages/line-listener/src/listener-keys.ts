import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'
import { minVersion, serverFileKeys } from '@weir/tls-files'

const tls = Type.Object(
  {
    ...serverFileKeys,
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
    min_version: minVersion,
    handshake_timeout: Duration({ description: 'Longest time for a handshake.', default: '10s' }),
  },
  { description: 'TLS, mutual with `client_ca_file`.', additionalProperties: false },
)

const streamKeys = {
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

/** Keys of a receiver of datagrams, beside its `listen_address`. */
export const udpKeys = {
  receive_buffer_size: Size({
    description: 'Buffer asked of the kernel; it grants no more than `net.core.rmem_max`.',
    default: '8MiB',
  }),
  queue_size: Size({
    description: 'Bytes that may wait while the pipeline is held back; what comes beyond is dropped, counted.',
    default: '16MiB',
  }),
}

/** Keys of a receiver of TCP, beside its `listen_address` and its framing. */
export const tcpKeys = { tls: Type.Optional(tls), ...streamKeys }

/** Keys of a receiver of a Unix stream socket, beside its framing. */
export const unixKeys = {
  path: Type.String({
    description: 'Path of the socket; a relative one is resolved against the folder of the config.',
  }),
  mode: Type.String({
    description: 'Permissions of the socket, octal.',
    default: '0660',
    pattern: '^0?[0-7]{3}$',
  }),
  ...streamKeys,
}

/** Keys of the receiver as a whole. */
export const listenersKeys = {
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
}

const udp = Type.Object(udpKeys)
const stream = Type.Object(streamKeys)
const listeners = Type.Object(listenersKeys)

export type TlsConfig = Static<typeof tls>
export type DatagramConfig = Static<typeof udp>
export type StreamConfig = Static<typeof stream>
export type ListenersConfig = Static<typeof listeners>
