import { httpKeys } from '@weir/http-client'
import { type AttributeValue, OneOf, Secret, type Static, Type } from '@weir/sdk'

export const webhookConfig = Type.Object({
  url: Type.Optional(
    Secret({
      description:
        'Where to send: http or https. A secret, since most services put their token in it. Needed, except by `pagerduty` and `opsgenie`, whose own it is.',
      examples: ['${env:SLACK_WEBHOOK_URL}'],
    }),
  ),
  method: OneOf(['POST', 'PUT', 'PATCH'], { description: 'HTTP method.', default: 'POST' }),
  preset: OneOf(['generic', 'slack', 'discord', 'teams', 'mattermost', 'pagerduty', 'opsgenie', 'ntfy'], {
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
  api_key: Type.Optional(
    Secret({
      description: 'API key of the service, for the preset `opsgenie`.',
      examples: ['${env:OPSGENIE_KEY}'],
    }),
  ),
  max_per_request: Type.Optional(
    Type.Integer({
      description:
        'Alerts or records in one request, at most. The presets take: generic 100, slack, discord and mattermost 10, teams 5, pagerduty, opsgenie and ntfy 1.',
      minimum: 1,
    }),
  ),
  signature: Type.Optional(
    Type.Object(
      {
        secret: Secret({ description: 'Key that the receiver knows too.' }),
        header: Type.String({
          description:
            'Header that holds it: `t=<Unix seconds>,<algorithm>=<hex>`, over the seconds, a dot and the body before compression.',
          default: 'X-Weir-Signature',
          minLength: 1,
        }),
        algorithm: OneOf(['sha256', 'sha384', 'sha512'], { description: 'Hash of the HMAC.', default: 'sha256' }),
      },
      { description: 'Signs each request with an HMAC.', additionalProperties: false },
    ),
  ),
  ...httpKeys,
})

export type WebhookConfig = Static<typeof webhookConfig>
