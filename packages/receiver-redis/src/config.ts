import { connectionKeys } from '@weir/redis-connection'
import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'

const names = (description: string, example: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), { description, minItems: 1, uniqueItems: true, examples: [[example]] }),
  )

export const config = Type.Object({
  ...connectionKeys,
  streams: names(
    'Streams to consume; with `partitions`, `{partition}` in a name is each of them in turn. Left out, `weir:logs`, unless `channels` are given.',
    'weir:logs:{partition}',
  ),
  partitions: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description:
        'Partitions to consume, so that records of one key come to one collector. Each partition is given to one collector.',
      minItems: 1,
      uniqueItems: true,
      examples: [[0, 1, 2, 3]],
    }),
  ),
  channels: names(
    'Channels to listen on, in place of streams; those with `*`, `?` or `[` are patterns. At most once: what is published while nobody listens is lost.',
    'weir.*',
  ),
  group: Type.String({
    description: 'Consumer group, which is created if it is not there. Collectors of one group share its entries.',
    default: 'weir',
    minLength: 1,
  }),
  consumer: Type.Optional(
    Type.String({
      description:
        'Name within the group, which no other collector may have; default: one that is made up once and remembered.',
      minLength: 1,
    }),
  ),
  start_at: OneOf(['beginning', 'end'], {
    description: 'Where a group that is created begins.',
    default: 'beginning',
  }),
  create_stream: Type.Boolean({
    description: 'Create a stream that is not there, empty, together with the group.',
    default: true,
  }),
  claim_min_idle: Duration({
    description:
      'After which time without a sign of life an entry that was given to a collector is taken over by another; while a delivery takes long, the receiver says that it is at work.',
    default: '1m',
  }),
  delete_after_ack: Type.Boolean({
    description: 'Delete entries when they have been delivered: only if no other group reads the stream.',
    default: false,
  }),
  body_key: Type.String({
    description:
      'Name of the payload among the fields of an entry; an entry without it is read as a JSON object of its fields.',
    default: 'body',
    minLength: 1,
  }),
  encoding: OneOf(['auto', 'weir', 'lines'], {
    description:
      'What messages are: records of Weir if they say so and lines otherwise (`auto`), or all of one kind. Messages on channels cannot say: write `weir` for what Weir publishes there.',
    default: 'auto',
  }),
  max_messages: Type.Integer({
    description: 'Entries that are asked for at once, at most.',
    default: 1000,
    minimum: 1,
  }),
  max_bytes: Size({
    description:
      'Bytes that wait for room in the pipeline: of streams, beyond which no more are asked for; of channels, beyond which messages are dropped, counted.',
    default: '8MiB',
  }),
  add_attributes: Type.Boolean({
    description:
      'Add the name of stream or channel as `messaging.destination.name` to records that are read from lines.',
    default: false,
  }),
})

export type RedisReceiverConfig = Static<typeof config>
