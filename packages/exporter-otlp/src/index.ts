import { Clock, defineExporter, Logger, RunMode } from '@weir/sdk'
import { otlpConfig } from './config.ts'
import { checkOtlpExporter, OtlpExporter } from './otlp-exporter.ts'

export default defineExporter({
  type: 'otlp',
  description: 'Sends records to any OpenTelemetry endpoint: OTLP over HTTP (protobuf, JSON) or gRPC.',
  stability: 'beta',
  concurrent: 4,
  config: otlpConfig,
  check: checkOtlpExporter,
  inject: { clock: Clock, logger: Logger, mode: RunMode },
  create: (context) => new OtlpExporter(context),
})
