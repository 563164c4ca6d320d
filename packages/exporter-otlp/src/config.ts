import { OneOf, Secret, Size, type Static, Type } from '@weir/sdk'
import { clientTlsKeys } from '@weir/tls-files'

export const otlpConfig = Type.Object({
  endpoint: Type.String({
    description:
      'Where to send. For HTTP an address to which `/v1/logs` is added; for gRPC host and port, with or without `http://` or `https://` in front.',
    minLength: 1,
    examples: ['https://collector.example.com:4318', 'collector.example.com:4317'],
  }),
  protocol: OneOf(['http/protobuf', 'http/json', 'grpc'], {
    description: 'Transport and encoding.',
    default: 'http/protobuf',
  }),
  logs_endpoint: Type.Optional(
    Type.String({
      description: 'Whole address for logs over HTTP, in place of `endpoint` and `/v1/logs`.',
      minLength: 1,
    }),
  ),
  headers: Type.Record(Type.String(), Secret({ description: 'Value of the header.' }), {
    description: 'Headers of every request; metadata with gRPC.',
    default: {},
    examples: [{ Authorization: 'Bearer ${env:TOKEN}' }],
  }),
  compression: OneOf(['gzip', 'zstd', 'none'], {
    description: 'Compression of requests; gRPC has no `zstd`.',
    default: 'gzip',
  }),
  max_request_size: Size({
    description:
      'Largest request before compression; a batch that takes more is sent in parts. Receivers of gRPC take 4 MiB unless told otherwise.',
    default: '4MiB',
  }),
  tls: Type.Optional(
    Type.Object(
      {
        insecure: Type.Boolean({
          description: 'Speak gRPC without TLS to an endpoint that has no `http://` in front.',
          default: false,
        }),
        ...clientTlsKeys('that of the endpoint'),
      },
      { description: 'TLS; paths are relative to the folder of the config.', additionalProperties: false },
    ),
  ),
})

export type OtlpConfig = Static<typeof otlpConfig>
