import { Secret, type Static, Type } from '@weir/sdk'
import { clientTlsKeys } from '@weir/tls-files'

/** The keys by which components that talk to Redis are told where and as whom; names as in the Collector's `redis` receiver. */
export const connectionKeys = {
  endpoint: Type.String({
    description: 'Server: `host:port`, or the path of a Unix socket.',
    default: '127.0.0.1:6379',
    minLength: 1,
  }),
  username: Type.Optional(Type.String({ description: 'User of the access control list.' })),
  password: Type.Optional(
    Secret({ description: 'Password, of `username` if there is one.', examples: ['${env:REDIS_PASSWORD}'] }),
  ),
  database: Type.Integer({ description: 'Number of the database.', default: 0, minimum: 0 }),
  tls: Type.Optional(
    Type.Object(clientTlsKeys('that of the endpoint'), {
      description: 'TLS, if it is there; paths are relative to the folder of the config.',
      additionalProperties: false,
    }),
  ),
}

const connectionConfig = Type.Object(connectionKeys)
/** What the keys come to. */
export type ConnectionConfig = Static<typeof connectionConfig>
