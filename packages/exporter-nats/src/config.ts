import { compressionKey } from '@weir/broker-messages'
import { connectionKeys, streamKeys } from '@weir/nats-connection'
import { Duration, FieldPath, Size, type Static, Type } from '@weir/sdk'

export const config = Type.Object({
  ...connectionKeys,
  subject: Type.String({
    description:
      'Subject of messages, a template: `logs.{resource.service.name}` has a field of the record, `{partition}` its partition. In values, what no subject may have becomes `_`.',
    default: 'weir.logs',
    minLength: 1,
    examples: ['weir.logs.{partition}'],
  }),
  partitions: Type.Optional(Type.Integer({ description: 'How many partitions there are.', minimum: 1 })),
  partition_by: Type.Optional(
    FieldPath({
      description: 'Field by which a record has its partition: records of one value stay together, in order.',
      examples: ['attributes.client.address'],
    }),
  ),
  stream: Type.Optional(
    Type.String({
      description: 'Stream that must take the messages in; left out, whichever has the subject.',
      pattern: '^[^\\s.*>/\\\\]+$',
    }),
  ),
  ...streamKeys,
  max_message_size: Size({
    description: 'Bytes after which a message ends, before compression; the `max_payload` of the server bounds it too.',
    default: '256KiB',
  }),
  max_records: Type.Optional(
    Type.Integer({
      description: 'Records in one message, at most; 1 for consumers that want one record a message.',
      minimum: 1,
    }),
  ),
  compression: compressionKey,
  publish_timeout: Duration({
    description: 'Longest wait for the acknowledgement of a message.',
    default: '5s',
  }),
})

export type NatsExporterConfig = Static<typeof config>
