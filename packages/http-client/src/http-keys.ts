import { OneOf, Secret, type Static, Type } from '@weir/sdk'
import { clientTlsKeys } from '@weir/tls-files'

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
    Type.Object(clientTlsKeys('that of the address'), {
      description: 'TLS; paths are relative to the folder of the config.',
      additionalProperties: false,
    }),
  ),
}

const httpConfig = Type.Object(httpKeys)
/** What the keys come to. */
export type HttpConfig = Static<typeof httpConfig>
