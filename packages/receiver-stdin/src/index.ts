import { stdin } from 'node:process'
import { Clock, ComponentId, Duration, defineReceiver, Logger, Meter, Type } from '@weir/sdk'
import { StdinReceiver } from './stdin-receiver.ts'

export default defineReceiver({
  type: 'stdin',
  description: 'Reads lines from standard input.',
  stability: 'beta',
  reads: 'lines',
  ends: true,
  config: Type.Object({
    flush_period: Duration({
      description: 'How long an incomplete last line waits for its end before it is sent as it is; `0` waits for ever.',
      default: '500ms',
    }),
  }),
  inject: { clock: Clock, logger: Logger, meter: Meter, componentId: ComponentId },
  create: ({ config, ...services }) => new StdinReceiver({ ...services, stream: stdin, flushMs: config.flush_period }),
})
