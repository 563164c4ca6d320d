import { checkHttp, endpointUrl } from '@weir/http-client'
import { Clock, defineExporter, Logger, RunMode, State } from '@weir/sdk'
import { AlertmanagerExporter } from './alertmanager-exporter.ts'
import { alertmanagerConfig } from './config.ts'

export default defineExporter({
  type: 'alertmanager',
  description: 'Sends alerts to the Prometheus Alertmanager, and keeps those that fire alive.',
  stability: 'beta',
  config: alertmanagerConfig,
  check(config) {
    endpointUrl(config.endpoint, 'endpoint')
    checkHttp(config)
  },
  accepts: ['alerts', 'logs'],
  inject: { mode: RunMode, clock: Clock, state: State, logger: Logger },
  create: (context) => new AlertmanagerExporter(context),
})
