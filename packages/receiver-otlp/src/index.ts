import { httpServerServices } from '@weir/http-server'
import { defineReceiver } from '@weir/sdk'
import { config } from './config.ts'
import { checkOtlpReceiver, OtlpReceiver } from './otlp-receiver.ts'

export default defineReceiver({
  type: 'otlp',
  description: 'Receives OpenTelemetry logs (OTLP) over HTTP and gRPC.',
  stability: 'beta',
  reads: 'records',
  config,
  check: checkOtlpReceiver,
  refuses: true,
  inject: httpServerServices,
  create: (context) => new OtlpReceiver(context),
})
