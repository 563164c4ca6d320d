import { Duration, FieldPath, OneOf, Size, type Static, TimeZoneName, Type } from '@weir/sdk'
import { clientTlsKeys, minVersion } from '@weir/tls-files'
import { facilities } from './priority.ts'

const tls = Type.Object(
  {
    insecure: Type.Boolean({ description: 'Do without TLS after all.', default: false }),
    ...clientTlsKeys('`endpoint`'),
    min_version: minVersion,
  },
  { description: 'TLS, mutual with `cert_file` and `key_file`. For `network: tcp`.', additionalProperties: false },
)

export const config = Type.Object({
  endpoint: Type.String({
    description: 'Host to send to; for `network: unix` the path of the socket, against the folder of the config.',
    minLength: 1,
    examples: ['logs.example.com'],
  }),
  network: OneOf(['tcp', 'udp', 'unix'], {
    description: 'Transport; `unix` is a stream socket.',
    default: 'tcp',
  }),
  port: Type.Integer({ description: 'Port to send to.', default: 514, minimum: 1, maximum: 65_535 }),
  protocol: OneOf(['rfc5424', 'rfc3164'], { description: 'Format of the messages.', default: 'rfc5424' }),
  enable_octet_counting: Type.Optional(
    Type.Boolean({
      description:
        'Frame messages on a stream by octet counting (RFC 6587) instead of line feeds. Left out, it is on with TLS (RFC 5425) and off without.',
    }),
  ),
  tls: Type.Optional(tls),
  message: FieldPath({
    description: 'Field that becomes the message; a value that is no text is written as JSON.',
    default: 'body',
  }),
  facility: OneOf(facilities, {
    description: 'Facility of records that have neither the attribute `priority` nor `facility`.',
    default: 'local4',
  }),
  hostname: Type.Optional(
    Type.String({
      description:
        'Host of records that have neither the attribute `hostname` nor `host.name`, nor the resource `host.name`. Left out, this machine; `-` writes none.',
    }),
  ),
  appname: Type.String({
    description: 'Application of records that have neither the attribute `appname` nor the resource `service.name`.',
    default: '-',
  }),
  sd_id: Type.Optional(
    Type.String({
      description:
        'Write the attributes that have no place of their own as an element of structured data with this id (RFC 5424): a name, `@` and your private enterprise number.',
      pattern: '^[!#-<>?A-Z\\[\\\\^-~]{1,24}@[0-9]+([.][0-9]+)*$',
      examples: ['weir@32473'],
    }),
  ),
  location: TimeZoneName({
    description: 'Zone of the times of RFC 3164: `UTC`, `Local`, an offset such as `+02:00`, or an IANA name.',
    default: 'UTC',
    examples: ['Europe/Berlin'],
  }),
  embedded_newlines: OneOf(['escape', 'space', 'keep'], {
    description:
      'What becomes of a line feed within a message: `#012`, a space, or itself, which needs octet counting or UDP.',
    default: 'escape',
  }),
  max_message_size: Size({
    description:
      'Longest message, cut between characters; most receivers take 8 KiB, and a datagram holds 65507 bytes.',
    default: '8KiB',
  }),
  close_timeout: Duration({
    description: 'How long the peer may take at the stop to read what was sent.',
    default: '2s',
  }),
})

export type SyslogConfig = Static<typeof config>
export type TlsConfig = Static<typeof tls>
