import { httpKeys } from '@weir/http-client'
import { Secret, Size, type Static, Template, Type } from '@weir/sdk'

export const lokiConfig = Type.Object({
  endpoint: Secret({
    description:
      'Address of Loki, or of its push API (`…/push`). A secret, since a password can be in it: it is sent as basic authorization.',
    examples: ['http://localhost:3100'],
  }),
  tenant_id: Type.Optional(
    Type.String({ description: 'Tenant, sent as `X-Scope-OrgID`.', pattern: '^[!-~]+$', examples: ['team-a'] }),
  ),
  labels: Type.Record(
    Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' }),
    Template({ description: 'Value of the label, with fields in braces.' }),
    {
      description:
        'Labels by which records make streams: few values each, or Loki suffers. Where one is empty, its label is left out.',
      default: { service_name: '{resource.service.name}' },
      additionalProperties: false,
      examples: [{ service_name: '{resource.service.name}', env: 'production', level: '{severityText}' }],
    },
  ),
  line: Template({
    description: 'The line, with fields in braces; `{line}` is the line as it came.',
    default: '{body}',
    minLength: 1,
  }),
  structured_metadata: Type.Boolean({
    description:
      'Send attributes, resource, level and trace as structured metadata (Loki 3, or 2.9 where it is allowed).',
    default: true,
  }),
  max_request_size: Size({
    description: 'Largest body of a request, before compression. One record larger than that goes alone.',
    default: '1MiB',
  }),
  ...httpKeys,
})

export type LokiConfig = Static<typeof lokiConfig>
