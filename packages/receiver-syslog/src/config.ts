import { listenersKeys, tcpKeys, udpKeys, unixKeys } from '@weir/line-listener'
import { OneOf, type Static, TimeZoneName, Type } from '@weir/sdk'

const listenAddress = {
  listen_address: Type.String({ description: 'Address and port to listen on.', default: '127.0.0.1:5514' }),
}

const framingKeys = {
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
}

export const config = Type.Object({
  protocol: OneOf(['auto', 'rfc3164', 'rfc5424'], {
    description: 'Which syntax messages have; `auto` tells it message by message. Handed on to the parser `syslog`.',
    default: 'auto',
  }),
  location: TimeZoneName({
    description:
      'Zone of times that tell none: `UTC`, `Local`, an offset such as `+02:00`, or an IANA name. Handed on to the parser `syslog`.',
    default: 'UTC',
    examples: ['Europe/Berlin'],
  }),
  udp: Type.Optional(
    Type.Object(
      {
        ...listenAddress,
        one_log_per_packet: Type.Boolean({
          description: 'A datagram is one message (RFC 5426); `false` splits it at line feeds.',
          default: true,
        }),
        ...udpKeys,
      },
      { description: 'Receive datagrams.', additionalProperties: false },
    ),
  ),
  tcp: Type.Optional(
    Type.Object(
      { ...listenAddress, ...framingKeys, ...tcpKeys },
      { description: 'Receive over TCP, or TLS.', additionalProperties: false },
    ),
  ),
  unix: Type.Optional(
    Type.Object(
      { ...framingKeys, ...unixKeys },
      { description: 'Receive over a Unix stream socket.', additionalProperties: false },
    ),
  ),
  embedded_newlines: OneOf(['escape', 'space', 'split'], {
    description: 'What becomes of a line feed within a message: `#012`, a space, or the end of a record.',
    default: 'escape',
  }),
  ...listenersKeys,
})

export type SyslogConfig = Static<typeof config>
