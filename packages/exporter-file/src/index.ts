import { Clock, defineExporter, Logger, RunMode, Stopping } from '@weir/sdk'
import { fileConfig } from './config.ts'
import { FileExporter } from './file-exporter.ts'

export default defineExporter({
  type: 'file',
  description: 'Writes records and alerts to a file, as NDJSON or by a template, with rotation.',
  stability: 'beta',
  config: fileConfig,
  inject: { mode: RunMode, clock: Clock, logger: Logger, stopping: Stopping },
  create: (context) => new FileExporter(context),
})
