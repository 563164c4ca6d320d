import { Secret, type Static, Type } from '@weir/sdk'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

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
    Type.Object(
      {
        ca_file: file('Certificates of authorities to trust (PEM), in place of those of the system.'),
        cert_file: file('Certificate to show to the server (PEM).'),
        key_file: file('Private key of `cert_file` (PEM).'),
        server_name_override: Type.Optional(
          Type.String({ description: "Name that the server's certificate must have, if not that of the endpoint." }),
        ),
        insecure_skip_verify: Type.Boolean({
          description: 'Accept whatever certificate the server has: for tests only.',
          default: false,
        }),
      },
      {
        description: 'TLS, if it is there; paths are relative to the folder of the config.',
        additionalProperties: false,
      },
    ),
  ),
}

const connectionConfig = Type.Object(connectionKeys)
/** What the keys come to. */
export type ConnectionConfig = Static<typeof connectionConfig>
