import { listenersKeys, tcpKeys, udpKeys, unixKeys } from '@weir/line-listener'
import { Duration, OneOf, type Static, Type } from '@weir/sdk'

const listenAddress = {
  listen_address: Type.String({
    description: 'Address and port to listen on; a port alone is one of 127.0.0.1.',
    examples: ['0.0.0.0:9000'],
  }),
}

const framingKeys = {
  delimiter: OneOf(['LF', 'NUL'], {
    description: 'What ends a message: a line feed (CR before it is dropped), or NUL as GELF has it.',
    default: 'LF',
  }),
}

export const config = Type.Object({
  tcp: Type.Optional(
    Type.Object(
      { ...listenAddress, ...framingKeys, ...tcpKeys },
      { description: 'Receive over TCP, or TLS.', additionalProperties: false },
    ),
  ),
  udp: Type.Optional(
    Type.Object({ ...listenAddress, ...udpKeys }, { description: 'Receive datagrams.', additionalProperties: false }),
  ),
  unix: Type.Optional(
    Type.Object(
      { ...framingKeys, ...unixKeys },
      { description: 'Receive over a Unix stream socket.', additionalProperties: false },
    ),
  ),
  embedded_newlines: OneOf(['split', 'space', 'escape'], {
    description:
      'What becomes of a line feed within a datagram, or a message that NUL ends: the end of a line, a space (right for JSON), or `#012`.',
    default: 'split',
  }),
  flush_period: Duration({
    description: 'How long a record waits for lines of its connection that continue it (`multiline`, stack traces).',
    default: '500ms',
  }),
  ...listenersKeys,
})

export type SocketConfig = Static<typeof config>
