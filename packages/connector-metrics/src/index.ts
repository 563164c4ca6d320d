import {
  Clock,
  ComponentId,
  Conditions,
  ConnectorOutput,
  checkAt,
  defineConnector,
  Logger,
  Meter,
  RunMode,
  State,
} from '@weir/sdk'
import { checkMetric, config } from './config.ts'
import { MetricsConnector } from './metrics-connector.ts'

export default defineConnector({
  type: 'metrics',
  description: 'Measures records: counts, rates and figures of fields over windows, as points of metrics',
  config,
  check({ metrics }) {
    for (const [index, metric] of metrics.entries()) checkAt(['metrics', index], () => checkMetric(metric))
  },
  inject: {
    id: ComponentId,
    output: ConnectorOutput,
    conditions: Conditions,
    state: State,
    clock: Clock,
    meter: Meter,
    logger: Logger,
    mode: RunMode,
  },
  accepts: ['logs', 'alerts'],
  emits: 'metrics',
  create: (options) => new MetricsConnector(options),
})
