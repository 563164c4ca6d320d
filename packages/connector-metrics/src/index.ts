import {
  Clock,
  ComponentId,
  Conditions,
  ConnectorOutput,
  defineConnector,
  Logger,
  Meter,
  RunMode,
  State,
} from '@weir/sdk'
import { config } from './config.ts'
import { MetricsConnector } from './metrics-connector.ts'

export default defineConnector({
  type: 'metrics',
  description: 'Measures records: counts, rates and figures of fields over windows, as points of metrics',
  config,
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
