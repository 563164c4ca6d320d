import { Clock, ComponentId, defineExporter, Logger, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { checkNatsExporter, NatsExporter } from './nats-exporter.ts'

export default defineExporter({
  type: 'nats',
  description: 'Publishes to streams of NATS JetStream.',
  stability: 'beta',
  concurrent: 4,
  config,
  check: checkNatsExporter,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, runMode: RunMode },
  create: (context) => new NatsExporter(context),
})
