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
import { checkMaintenance, config } from './config.ts'
import { Correlation } from './correlation.ts'

export default defineConnector({
  type: 'correlation',
  description: 'Makes incidents of alerts that come together, and keeps quiet what need not be said',
  config,
  check({ maintenance }) {
    for (const [index, one] of maintenance.entries()) checkAt(['maintenance', index], () => checkMaintenance(one))
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
  accepts: ['alerts'],
  emits: 'alerts',
  create: (options) => new Correlation(options),
})
