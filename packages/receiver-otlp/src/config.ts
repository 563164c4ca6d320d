import { httpServerKeys } from '@weir/http-server'
import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'
import { serverFileKeys } from '@weir/tls-files'

const { endpoint, auth } = httpServerKeys({ port: 4317 })

export const grpcConfig = Type.Object({
  endpoint,
  tls: Type.Optional(
    Type.Object(serverFileKeys, {
      description: 'TLS, mutual with `client_ca_file`. Relative paths begin at the folder of the config.',
      additionalProperties: false,
    }),
  ),
  auth,
  max_recv_msg_size: Size({
    description: 'Largest message, as it comes and decompressed; a larger one is refused with RESOURCE_EXHAUSTED.',
    default: '20MiB',
  }),
  max_pending_size: Size({
    description: 'Bytes of requests that have no answer yet; beyond, requests are refused with UNAVAILABLE.',
    default: '64MiB',
  }),
  max_concurrent_streams: Type.Integer({
    description: 'Requests at once over one connection.',
    default: 100,
    minimum: 1,
  }),
})

export const httpConfig = Type.Object({
  ...httpServerKeys({ port: 4318 }),
  logs_url_path: Type.String({ description: 'Path of the requests.', default: '/v1/logs', pattern: '^/' }),
})

export type GrpcConfig = Static<typeof grpcConfig>
export type HttpConfig = Static<typeof httpConfig>

export const config = Type.Object({
  protocols: Type.Object(
    {
      grpc: Type.Optional(
        Type.Unsafe<GrpcConfig | null>({
          ...grpcConfig,
          type: ['object', 'null'],
          description: 'OTLP/gRPC; `grpc:` alone takes the defaults.',
          additionalProperties: false,
        }),
      ),
      http: Type.Optional(
        Type.Unsafe<HttpConfig | null>({
          ...httpConfig,
          type: ['object', 'null'],
          description: 'OTLP/HTTP, protobuf and JSON; `http:` alone takes the defaults.',
          additionalProperties: false,
        }),
      ),
    },
    {
      description: 'What to listen for: the protocols that are named, or both if the key is left out.',
      default: { grpc: {}, http: {} },
      additionalProperties: false,
    },
  ),
  ack: OneOf(['delivered', 'accepted'], {
    description:
      'When a request is answered with success: when every exporter has delivered it (a queue on disk counts), or as soon as there was room for it in memory.',
    default: 'delivered',
  }),
  room_timeout: Duration({
    description:
      'How long a request waits for room in the pipeline; then it is refused, to be sent again, and nothing of it was taken.',
    default: '5s',
  }),
  delivery_timeout: Duration({
    description:
      'How long a request waits for its delivery under `ack: delivered`; then its sender is asked to send it again, although it may still arrive.',
    default: '30s',
  }),
})

export type OtlpConfig = Static<typeof config>
