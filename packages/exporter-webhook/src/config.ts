import { type AttributeValue, OneOf, Secret, type Static, Type } from '@weir/sdk'

const file = (description: string) => Type.Optional(Type.String({ description, minLength: 1 }))

export const webhookConfig = Type.Object({
  url: Type.Optional(
    Secret({
      description:
        'Where to send: http or https. A secret, since most services put their token in it. Needed, except by `pagerduty`, whose own it is.',
      examples: ['${env:SLACK_WEBHOOK_URL}'],
    }),
  ),
  method: OneOf(['POST', 'PUT', 'PATCH'], { description: 'HTTP method.', default: 'POST' }),
  headers: Type.Record(Type.String(), Secret({ description: 'Value of the header.' }), {
    description: 'Headers of every request. They are not sent on to another origin.',
    default: {},
    examples: [{ Authorization: 'Bearer ${env:TOKEN}' }],
  }),
  preset: OneOf(['generic', 'slack', 'discord', 'teams', 'pagerduty'], {
    description: 'Whose format the body has. `generic`: JSON with all that Weir knows of an alert or record.',
    default: 'generic',
  }),
  body: Type.Optional(
    Type.Unsafe<AttributeValue>({
      type: ['object', 'array', 'string'],
      description:
        'Body in place of that of the preset, for one record a request. Fields stand in double braces: `{{body}}`, `{{attributes.alert.rule}}`. In an object, a text that is one field alone keeps its type; in a text, values are written as JSON (without quotes for strings), unless the header Content-Type says that it is none.',
      examples: [{ text: '{{attributes.alert.severity}}: {{body}}', count: '{{attributes.alert.count}}' }],
    }),
  ),
  routing_key: Type.Optional(
    Secret({
      description: 'Integration key of the service, for the preset `pagerduty`.',
      examples: ['${env:PAGERDUTY_KEY}'],
    }),
  ),
  max_per_request: Type.Optional(
    Type.Integer({
      description:
        'Alerts or records in one request, at most. The presets take: generic 100, slack 10, discord 10, teams 5, pagerduty 1.',
      minimum: 1,
    }),
  ),
  signature: Type.Optional(
    Type.Object(
      {
        secret: Secret({ description: 'Key that the receiver knows too.' }),
        header: Type.String({
          description:
            'Header that holds it: `t=<Unix seconds>,<algorithm>=<hex>`, over the seconds, a dot and the body.',
          default: 'X-Weir-Signature',
          minLength: 1,
        }),
        algorithm: OneOf(['sha256', 'sha384', 'sha512'], { description: 'Hash of the HMAC.', default: 'sha256' }),
      },
      { description: 'Signs each request with an HMAC.', additionalProperties: false },
    ),
  ),
  max_redirects: Type.Integer({
    description: 'Redirects that are followed, with the same method and body; never from https to http.',
    default: 3,
    minimum: 0,
    maximum: 20,
  }),
  allow_private_redirects: Type.Boolean({
    description:
      'Follow redirects to loopback, link-local and private addresses, too. The URL itself may be of such an address.',
    default: false,
  }),
  tls: Type.Optional(
    Type.Object(
      {
        ca_file: file('Certificates of authorities to trust (PEM), in place of those of the system.'),
        cert_file: file('Certificate to show to the server (PEM).'),
        key_file: file('Private key of `cert_file` (PEM).'),
        insecure_skip_verify: Type.Boolean({
          description: 'Accept whatever certificate the server has: for tests only.',
          default: false,
        }),
      },
      { description: 'TLS; paths are relative to the folder of the config.', additionalProperties: false },
    ),
  ),
})

export type WebhookConfig = Static<typeof webhookConfig>
