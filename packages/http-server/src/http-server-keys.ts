import { Duration, Reference, Size, type Static, Type } from '@weir/sdk'
import { minVersion, serverFileKeys } from '@weir/tls-files'

const tls = Type.Object(
  { ...serverFileKeys, min_version: minVersion },
  {
    description: 'HTTPS, mutual with `client_ca_file`. Relative paths begin at the folder of the config.',
    additionalProperties: false,
  },
)

const auth = Type.Object(
  {
    authenticator: Reference('authenticator', {
      description: 'Id of the extension that says who may come in: `basic_auth`, `bearer_auth`.',
      examples: ['bearer_auth'],
    }),
  },
  { description: 'Take requests of those alone whom an extension knows.', additionalProperties: false },
)

/** The keys of a component that listens for HTTP and is asked little, such as an extension; with `smallServerLimits`. */
export const smallServerKeys = ({ port }: { readonly port: number }) => ({
  endpoint: Type.String({
    description: 'Address and port to listen on.',
    default: `127.0.0.1:${port}`,
    examples: [`0.0.0.0:${port}`],
  }),
  tls: Type.Optional(tls),
  auth: Type.Optional(auth),
})

/** The other keys of a listener that is asked little. */
export const smallServerLimits = {
  max_request_body_size: 64 * 1024,
  max_pending_size: 1024 * 1024,
  max_connections: 64,
  read_header_timeout: 5000,
  read_timeout: 5000,
  idle_timeout: 10_000,
}

/**
 * The keys of a component that listens for HTTP, for its schema: `Type.Object({ ...httpServerKeys({ port: 4318 }), … })`.
 * Names and, where there are any, defaults are those of the Collector's `confighttp`.
 */
export const httpServerKeys = ({ port }: { readonly port: number }) => ({
  ...smallServerKeys({ port }),
  max_request_body_size: Size({
    description: 'Largest body, as it comes and decompressed; a larger one is refused with 413.',
    default: '20MiB',
  }),
  max_pending_size: Size({
    description: 'Bytes of bodies of requests that have no answer yet; beyond, requests are refused with 429.',
    default: '64MiB',
  }),
  max_connections: Type.Integer({ description: 'Connections at once; more are refused.', default: 1000, minimum: 1 }),
  read_header_timeout: Duration({
    description: 'Longest time from the beginning of a connection or request to the end of its headers.',
    default: '10s',
  }),
  read_timeout: Duration({ description: 'Longest time for a whole request, its body included.', default: '1m' }),
  idle_timeout: Duration({ description: 'Close a connection that has had no request for this long.', default: '1m' }),
})

const all = Type.Object(httpServerKeys({ port: 0 }))

/** What `httpServerKeys` make of a config. */
export type HttpServerConfig = Static<typeof all>
