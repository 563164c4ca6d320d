import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode, State } from '@weir/sdk'
import { config } from './config.ts'
import { checkNatsReceiver, NatsReceiver } from './nats-receiver.ts'

export default defineReceiver({
  type: 'nats',
  description:
    'Consumes streams of NATS JetStream, each message acknowledged when it has been delivered and need not be remembered.',
  stability: 'beta',
  reads: 'lines',
  config,
  check: checkNatsReceiver,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode, state: State },
  create: (context) => new NatsReceiver(context),
})
