import { checkEndpoint } from '@weir/http-server'
import { defineExtension } from '@weir/sdk'
import { config, inject } from './config.ts'
import { Health } from './health.ts'

export default defineExtension({
  type: 'health',
  description: 'Says by HTTP whether the collector lives, and whether it is ready, with the state of each component.',
  stability: 'beta',
  config,
  check: checkEndpoint,
  inject,
  create: ({ config: keys, ...services }) => new Health(keys, services),
})
