import { Clock, defineReceiver, Logger, Meter, Patterns, RunMode, State } from '@weir/sdk'
import { fileConfig } from './config.ts'
import { checkFileReceiver, FileReceiver } from './file-receiver.ts'

export default defineReceiver({
  type: 'file',
  description: 'Reads files and follows them through rotation, truncation and restarts.',
  stability: 'beta',
  reads: 'lines',
  ends: true,
  config: fileConfig,
  check: checkFileReceiver,
  inject: { clock: Clock, state: State, logger: Logger, meter: Meter, patterns: Patterns, runMode: RunMode },
  create: (options) => new FileReceiver(options),
})
