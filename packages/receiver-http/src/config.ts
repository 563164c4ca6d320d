import { httpServerKeys } from '@weir/http-server'
import { type AttributeMap, Duration, OneOf, type Static, Type } from '@weir/sdk'

export const config = Type.Object({
  ...httpServerKeys({ port: 8088 }),
  path: Type.String({
    description: 'Path to which lines, NDJSON and JSON are posted.',
    default: '/',
    pattern: '^/[^?#\\s]*$',
  }),
  protocols: Type.Array(
    OneOf(['lines', 'elasticsearch', 'loki'], {
      description:
        'A protocol: `lines` (also NDJSON and JSON) at `path`, the bulk API of Elasticsearch, `/loki/api/v1/push`.',
    }),
    { description: 'What is understood.', default: ['lines', 'elasticsearch', 'loki'] },
  ),
  ack: OneOf(['delivered', 'accepted'], {
    description:
      'When a request is answered: when its records have arrived behind all exporters, or as soon as the pipeline has taken them.',
    default: 'delivered',
  }),
  ack_timeout: Duration({
    description: 'With `ack: delivered`: after this time the answer is 503, and the client sends again.',
    default: '30s',
  }),
  add_attributes: Type.Boolean({
    description: 'Add `network.peer.address`, and `user.name` where the client is known, to every record.',
    default: false,
  }),
  elasticsearch_version: Type.String({
    description:
      'The version that `GET /` tells shippers, some of which refuse to write to older ones than themselves.',
    default: '8.19.0',
    pattern: '^\\d+\\.\\d+\\.\\d+$',
  }),
  // The standard keys of receivers of lines: what comes as records must bear them as well.
  attributes: Type.Optional(
    Type.Unsafe<AttributeMap>({
      type: 'object',
      description: 'Attributes added to every record.',
      additionalProperties: true,
    }),
  ),
  resource: Type.Optional(
    Type.Unsafe<AttributeMap>({
      type: 'object',
      description: 'Resource attributes of every record.',
      additionalProperties: true,
    }),
  ),
})

export type HttpConfig = Static<typeof config>
