import { ComponentId, defineExporter, Logger, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { checkRedisExporter, RedisExporter } from './redis-exporter.ts'

export default defineExporter({
  type: 'redis',
  description: 'Adds to streams of Redis, publishes on channels, or pushes to lists.',
  stability: 'beta',
  concurrent: 4,
  config,
  check: checkRedisExporter,
  inject: { componentId: ComponentId, logger: Logger, runMode: RunMode },
  create: (context) => new RedisExporter(context),
})
