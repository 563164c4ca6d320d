import { checkListeners } from '@weir/line-listener'
import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { syslogReceiver } from './syslog-receiver.ts'

export default defineReceiver({
  type: 'syslog',
  description: 'Receives syslog over UDP, TCP, TLS and Unix sockets.',
  stability: 'beta',
  reads: 'lines',
  parses: { parser: 'syslog', keys: ['protocol', 'location'] },
  config,
  check: (config) => checkListeners('syslog', config),
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode },
  create: syslogReceiver,
})
