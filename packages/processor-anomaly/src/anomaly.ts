import {
  Clock,
  ComponentId,
  Conditions,
  ConnectorOutput,
  Detectors,
  defineProcessor,
  Logger,
  Meter,
  Reference,
  RunMode,
  State,
  Type,
} from '@weir/sdk'
import { AnomalyHost } from './host/anomaly-host.ts'

export const anomaly = defineProcessor({
  type: 'anomaly',
  description: 'Hosts detectors and reports alerts',
  config: Type.Object({
    detectors: Type.Array(Reference('detector', { description: 'A type of detector, or the id of an entry.' }), {
      description: 'Detectors that look at the records.',
    }),
  }),
  inject: {
    id: ComponentId,
    output: ConnectorOutput,
    detectors: Detectors,
    conditions: Conditions,
    state: State,
    clock: Clock,
    meter: Meter,
    logger: Logger,
    mode: RunMode,
  },
  accepts: ['logs', 'metrics'],
  emits: 'alerts',
  create: (options) => new AnomalyHost(options),
})
