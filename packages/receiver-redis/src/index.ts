import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode, State } from '@weir/sdk'
import { config } from './config.ts'
import { checkRedisReceiver, RedisReceiver } from './redis-receiver.ts'

export default defineReceiver({
  type: 'redis',
  description:
    'Consumes streams of Redis, each entry acknowledged when it has been delivered and need not be remembered, or listens on channels.',
  stability: 'beta',
  reads: 'lines',
  config,
  check: checkRedisReceiver,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode, state: State },
  create: (context) => new RedisReceiver(context),
})
