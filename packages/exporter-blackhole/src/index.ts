import { defineExporter } from '@weir/sdk'

/** Takes everything and keeps nothing: its stage counts what came, which is what measuring needs. */
export default defineExporter({
  type: 'blackhole',
  description: 'Discards records and alerts; only their count remains.',
  stability: 'stable',
  create: () => ({ export: async () => {} }),
})
