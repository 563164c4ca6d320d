import { httpKeys } from '@weir/http-client'
import { Duration, Secret, type Static, Type } from '@weir/sdk'

export const alertmanagerConfig = Type.Object({
  endpoint: Secret({
    description:
      'Address of the Alertmanager, with the path of its prefix, if it has one. A secret, since a password can be in it.',
    examples: ['http://localhost:9093'],
  }),
  generator_url: Type.Optional(
    Type.String({
      description: 'Address that alerts link to as their source.',
      examples: ['https://logs.example.com'],
      pattern: '^https?://',
    }),
  ),
  labels: Type.Record(
    Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }),
    Type.String({ description: 'Value of the label.' }),
    {
      description: 'Labels of every alert besides its own, which win.',
      default: {},
      additionalProperties: false,
      examples: [{ cluster: 'eu-1' }],
    },
  ),
  resend_interval: Duration({
    description:
      'How often firing alerts are sent again, so that they stay alive there. Each time they are to end after four such intervals: when Weir is gone, so are they.',
    default: '1m',
  }),
  forget_after: Duration({
    description: 'An alert that was not reported for so long is not sent again, though its end never came.',
    default: '24h',
  }),
  ...httpKeys,
})

export type AlertmanagerConfig = Static<typeof alertmanagerConfig>
