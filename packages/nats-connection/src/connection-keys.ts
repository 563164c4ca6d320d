import { Duration, OneOf, Secret, Size, type Static, Type } from '@weir/sdk'
import { clientFileKeys, insecureSkipVerify } from '@weir/tls-files'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

/** The keys by which components that talk to NATS are told where and as whom. */
export const connectionKeys = {
  urls: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Servers, `nats://host:port` or `tls://host:port`; one that is there is used, the others if it goes.',
    default: ['nats://127.0.0.1:4222'],
    minItems: 1,
  }),
  connection_name: Type.Optional(
    Type.String({ description: 'Name of the connection in what the server shows; default: the id of the component.' }),
  ),
  connect_timeout: Duration({
    description: 'Longest time until a server has taken the connection; then the next attempt is due.',
    default: '5s',
  }),
  auth: Type.Object(
    {
      user: Type.Optional(Type.String({ description: 'User, with `password`.' })),
      password: Type.Optional(Secret({ description: 'Password of `user`.', examples: ['${env:NATS_PASSWORD}'] })),
      token: Type.Optional(Secret({ description: 'Token, in place of a user.', examples: ['${env:NATS_TOKEN}'] })),
      credentials_file: file('File of credentials (`.creds`: a JWT and its key).'),
      nkey_file: file('File with the seed of an NKey.'),
    },
    {
      description: 'Who we are; paths are relative to the folder of the config.',
      default: {},
      additionalProperties: false,
    },
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ...clientFileKeys,
        handshake_first: Type.Boolean({
          description: 'Begin with TLS, for servers that want it so, rather than after their greeting.',
          default: false,
        }),
        insecure_skip_verify: insecureSkipVerify,
      },
      {
        description: 'TLS, which is required of the server then; paths are relative to the folder of the config.',
        additionalProperties: false,
      },
    ),
  ),
}

/** The keys of a stream that may have to be created. */
export const streamKeys = {
  create_stream: Type.Boolean({
    description: 'Create the stream if it is not there; one that is there is left as it is.',
    default: false,
  }),
  stream_options: Type.Object(
    {
      subjects: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          description: 'Subjects that it takes in; left out, those that the component uses.',
        }),
      ),
      retention: OneOf(['limits', 'interest', 'workqueue'], {
        description:
          'What is kept: everything within the limits, or what some consumer (`interest`) or the one consumer (`workqueue`) has not acknowledged.',
        default: 'limits',
      }),
      storage: OneOf(['file', 'memory'], { description: 'Where it is kept.', default: 'file' }),
      max_age: Duration({ description: 'Age at which messages go; 0 never.', default: '3d' }),
      max_bytes: Size({ description: 'Bytes that it may have; 0 without limit.', default: '0' }),
      discard: OneOf(['new', 'old'], {
        description:
          'When `max_bytes` is reached: refuse new messages, so that exporters wait, or drop the oldest, delivered or not.',
        default: 'new',
      }),
      replicas: Type.Integer({ description: 'Servers that have it.', default: 1, minimum: 1, maximum: 5 }),
      duplicate_window: Duration({
        description: 'For how long ids of messages are remembered, so that none is stored twice.',
        default: '2m',
      }),
    },
    { description: 'The stream, if it is created.', default: {}, additionalProperties: false },
  ),
}

const connectionConfig = Type.Object(connectionKeys)
const streamConfig = Type.Object(streamKeys)
/** What the keys of a connection come to. */
export type ConnectionConfig = Static<typeof connectionConfig>
/** What the keys of a stream come to. */
export type StreamConfig = Static<typeof streamConfig>
