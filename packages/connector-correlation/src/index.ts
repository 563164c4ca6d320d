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
import { Correlation } from './correlation.ts'

export default defineConnector({
  type: 'correlation',
  description: 'Makes incidents of alerts that come together, and keeps quiet what need not be said',
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
  accepts: ['alerts'],
  emits: 'alerts',
  create: (options) => new Correlation(options),
})
