import { checkListeners } from '@weir/line-listener'
import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { socketReceiver } from './socket-receiver.ts'

export default defineReceiver({
  type: 'socket',
  description: 'Receives lines over TCP, TLS, UDP and Unix sockets.',
  stability: 'beta',
  reads: 'lines',
  config,
  check: (config) => checkListeners('socket', config),
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode },
  create: socketReceiver,
})
