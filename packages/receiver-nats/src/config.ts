import { connectionKeys, streamKeys } from '@weir/nats-connection'
import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'

export const config = Type.Object({
  ...connectionKeys,
  stream: Type.String({ description: 'Stream to consume.', pattern: '^[^\\s.*>/\\\\]+$' }),
  ...streamKeys,
  durable: Type.String({
    description:
      'Durable consumer, which is created if it is not there. Collectors that name the same one share its messages.',
    default: 'weir',
    pattern: '^[^\\s.*>/\\\\]+$',
  }),
  subject: Type.Optional(
    Type.String({
      description:
        'Messages of this subject alone, which may have wildcards; left out, all of the stream. With `partitions`, `{partition}` in it is each of them in turn.',
      minLength: 1,
      examples: ['weir.logs.>', 'weir.logs.{partition}'],
    }),
  ),
  partitions: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description:
        'Partitions to consume, each by a durable consumer of its own (`weir-0`, `weir-1`, …), so that records of one key come to one collector. Each partition is given to one collector.',
      minItems: 1,
      uniqueItems: true,
      examples: [[0, 1, 2, 3]],
    }),
  ),
  deliver_policy: OneOf(['all', 'new', 'last'], {
    description:
      'Where a consumer that is created begins: at the beginning, after its creation, or with the last message.',
    default: 'all',
  }),
  ack_wait: Duration({
    description:
      'After which time without a sign of life a message is given to another collector; while a delivery takes long, the receiver says that it is at work.',
    default: '30s',
  }),
  nak_delay: Duration({
    description: 'After which time a message that could not be delivered comes again.',
    default: '5s',
  }),
  max_deliver: Type.Integer({
    description: 'How often a message is given out, at most; 0 without limit.',
    default: 0,
    minimum: 0,
  }),
  max_ack_pending: Type.Integer({
    description: 'Messages that may be under way at once, over all collectors that share the consumer.',
    default: 10_000,
    minimum: 1,
  }),
  max_messages: Type.Integer({
    description: 'Messages that are asked for at once, at most.',
    default: 2048,
    minimum: 1,
  }),
  max_bytes: Size({
    description: 'Bytes of messages that wait for room in the pipeline, beyond which no more are asked for.',
    default: '8MiB',
  }),
  add_attributes: Type.Boolean({
    description: 'Add the subject as `messaging.destination.name` to records that are read from lines.',
    default: false,
  }),
})

export type NatsReceiverConfig = Static<typeof config>
