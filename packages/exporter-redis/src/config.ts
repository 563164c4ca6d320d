import { compressionKey } from '@weir/broker-messages'
import { connectionKeys } from '@weir/redis-connection'
import { FieldPath, Size, type Static, Type } from '@weir/sdk'

const place = (what: string) =>
  Type.Optional(
    Type.String({
      description: `${what} A template: \`weir:logs:{resource.service.name}\` has a field of the record, \`{partition}\` its partition. One of \`stream\`, \`channel\` and \`list\`; left out, \`stream: weir:logs\`.`,
      minLength: 1,
      examples: ['weir:logs:{partition}'],
    }),
  )

export const config = Type.Object({
  ...connectionKeys,
  stream: place('Stream that entries are added to.'),
  channel: place('Channel that messages are published on: at most once, only to who listens at the time.'),
  list: place('List that messages are pushed to the end of.'),
  partitions: Type.Optional(Type.Integer({ description: 'How many partitions there are.', minimum: 1 })),
  partition_by: Type.Optional(
    FieldPath({
      description: 'Field by which a record has its partition: records of one value stay together, in order.',
      examples: ['attributes.client.address'],
    }),
  ),
  max_length: Type.Optional(
    Type.Integer({
      description:
        'Entries that a stream keeps, about; older ones are dropped, delivered or not. Left out, all are kept until something deletes them.',
      minimum: 1,
    }),
  ),
  body_key: Type.String({
    description: 'Name of the payload among the fields of an entry.',
    default: 'body',
    minLength: 1,
  }),
  max_message_size: Size({ description: 'Bytes after which a message ends, before compression.', default: '256KiB' }),
  max_records: Type.Optional(
    Type.Integer({
      description: 'Records in one message, at most; 1 for consumers that want one record a message.',
      minimum: 1,
    }),
  ),
  compression: compressionKey,
})

export type RedisExporterConfig = Static<typeof config>
