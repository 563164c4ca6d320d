import { Clock, ComponentId, defineReceiver, Logger, Meter, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { ExecReceiver } from './exec-receiver.ts'

export default defineReceiver({
  type: 'exec',
  description: 'Reads the lines that a command writes.',
  stability: 'beta',
  reads: 'lines',
  ends: true,
  config,
  inject: { clock: Clock, componentId: ComponentId, logger: Logger, meter: Meter, runMode: RunMode },
  create: (context) => new ExecReceiver(context),
})
