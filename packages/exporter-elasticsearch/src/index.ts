import { Clock, defineExporter, RunMode } from '@weir/sdk'
import { elasticsearchConfig } from './config.ts'
import { checkElasticsearch, ElasticsearchExporter } from './elasticsearch-exporter.ts'

export default defineExporter({
  type: 'elasticsearch',
  description: 'Indexes records in Elasticsearch or OpenSearch.',
  stability: 'beta',
  config: elasticsearchConfig,
  check: checkElasticsearch,
  inject: { mode: RunMode, clock: Clock },
  create: (context) => new ElasticsearchExporter(context),
})
