import { defineExtension } from '@weir/sdk'
import { config, inject } from './config.ts'
import { checkProfiling, Profiling } from './profiling.ts'

export default defineExtension({
  type: 'profiling',
  description: 'Takes CPU profiles and heap snapshots of the running collector when it is asked to.',
  stability: 'beta',
  config,
  check: checkProfiling,
  inject,
  create: ({ config: keys, ...services }) => new Profiling(keys, services),
})
