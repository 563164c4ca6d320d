import { checkHttp, endpointUrl } from '@weir/http-client'
import { Clock, defineExporter, RunMode } from '@weir/sdk'
import { lokiConfig } from './config.ts'
import { LokiExporter } from './loki-exporter.ts'

export default defineExporter({
  type: 'loki',
  description: 'Pushes records to Grafana Loki.',
  stability: 'beta',
  config: lokiConfig,
  check(config) {
    endpointUrl(config.endpoint, 'endpoint')
    checkHttp(config)
  },
  inject: { mode: RunMode, clock: Clock },
  create: (context) => new LokiExporter(context),
})
