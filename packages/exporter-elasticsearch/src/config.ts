import { httpKeys } from '@weir/http-client'
import { Secret, Size, type Static, Template, Type } from '@weir/sdk'

const address = (description: string) => Secret({ description, examples: ['https://localhost:9200'] })

export const elasticsearchConfig = Type.Object({
  endpoint: Type.Optional(
    address('Address of Elasticsearch or OpenSearch. A secret, since a password can be in it. Or give `endpoints`.'),
  ),
  endpoints: Type.Optional(
    Type.Array(address('Address of one node.'), {
      description: 'Nodes of one cluster: the next one is taken when one fails.',
      minItems: 1,
    }),
  ),
  user: Type.Optional(Type.String({ description: 'User, with `password`.' })),
  password: Type.Optional(Secret({ description: 'Password of `user`.', examples: ['${env:ELASTIC_PASSWORD}'] })),
  api_key: Type.Optional(
    Secret({
      description: 'API key in the encoded form (Base64 of id and key).',
      examples: ['${env:ELASTIC_API_KEY}'],
    }),
  ),
  bearer_token: Type.Optional(Secret({ description: 'Token, such as that of a service account.' })),
  logs_index: Type.String({
    description:
      'Data stream or index. Fields stand in braces, and `{time:yyyy.MM.dd}` is the date in UTC; what they hold is put in lower case, with `_` for what no name may have.',
    default: 'logs-generic.otel-default',
    examples: ['logs-{resource.service.name}.otel-default', 'weir-{time:yyyy.MM.dd}'],
    minLength: 1,
  }),
  document_id: Type.Optional(
    Template({
      description:
        "Id of the document, with fields in braces: a record with an id that is there already is not indexed again. Left out, or where it is empty: an alert's id, or one that is made for the record and kept for its repetitions.",
      examples: ['{attributes.event.id}'],
    }),
  ),
  pipeline: Type.Optional(Type.String({ description: 'Ingest pipeline that documents pass.', minLength: 1 })),
  max_request_size: Size({
    description: 'Largest body of a request, before compression. One record larger than that goes alone.',
    default: '5MiB',
  }),
  ...httpKeys,
})

export type ElasticsearchConfig = Static<typeof elasticsearchConfig>
