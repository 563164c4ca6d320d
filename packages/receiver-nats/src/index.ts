import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { NatsReceiver } from './nats-receiver.ts'

export default defineReceiver({
  type: 'nats',
  description: 'Consumes streams of NATS JetStream, each message acknowledged when it has been delivered.',
  stability: 'beta',
  reads: 'lines',
  config,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode },
  create: (context) => new NatsReceiver(context),
})
