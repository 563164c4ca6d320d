import { OneOf, Secret, Size, type Static, Type } from '@weir/sdk'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

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
        ca_file: file('Certificates of authorities to trust (PEM), in place of those of the system.'),
        cert_file: file('Certificate to show to the server (PEM).'),
        key_file: file('Private key of `cert_file` (PEM).'),
        server_name_override: file("Name that the server's certificate must have, if not that of the endpoint."),
        insecure_skip_verify: Type.Boolean({
          description: 'Accept whatever certificate the server has: for tests only.',
          default: false,
        }),
      },
      { description: 'TLS; paths are relative to the folder of the config.', additionalProperties: false },
    ),
  ),
})

export type OtlpConfig = Static<typeof otlpConfig>
