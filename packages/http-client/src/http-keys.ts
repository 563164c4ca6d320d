import { OneOf, Secret, type Static, Type } from '@weir/sdk'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

/**
 * The keys that every exporter over HTTP has, with the names of the Collector's `confighttp`; spread them into the
 * exporter's own: `Type.Object({ endpoint: …, ...httpKeys })`. `timeout` is its stage's.
 */
export const httpKeys = {
  headers: Type.Record(Type.String(), Secret({ description: 'Value of the header.' }), {
    description: 'Headers of every request. They are not sent on to another origin.',
    default: {},
    examples: [{ Authorization: 'Bearer ${env:TOKEN}' }],
  }),
  compression: OneOf(['none', 'gzip', 'zstd'], {
    description: 'Compresses the bodies of requests, if the sink takes it.',
    default: 'none',
  }),
  max_redirects: Type.Integer({
    description: 'Redirects that are followed, with the same method and body; never from https to http.',
    default: 3,
    minimum: 0,
    maximum: 20,
  }),
  allow_private_redirects: Type.Boolean({
    description:
      'Follow redirects to loopback, link-local and private addresses, too. The configured address itself may be one.',
    default: false,
  }),
  tls: Type.Optional(
    Type.Object(
      {
        ca_file: file('Certificates of authorities to trust (PEM), in place of those of the system.'),
        cert_file: file('Certificate to show to the server (PEM).'),
        key_file: file('Private key of `cert_file` (PEM).'),
        server_name_override: Type.Optional(
          Type.String({ description: "Name that the server's certificate must have, if not that of the address." }),
        ),
        insecure_skip_verify: Type.Boolean({
          description: 'Accept whatever certificate the server has: for tests only.',
          default: false,
        }),
      },
      { description: 'TLS; paths are relative to the folder of the config.', additionalProperties: false },
    ),
  ),
}

const httpConfig = Type.Object(httpKeys)
/** What the keys come to. */
export type HttpConfig = Static<typeof httpConfig>
