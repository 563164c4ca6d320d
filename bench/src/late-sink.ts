import { setTimeout as sleep } from 'node:timers/promises'
import { defineExporter } from '@weir/sdk'

/** A sink that takes a while, as one behind a network does: a queue on disk then has to write everything. */
export default defineExporter({
  type: 'late',
  description: 'Discards records a millisecond later, for the benchmark of the queue',
  concurrent: 16,
  create: () => ({
    export: async () => {
      await sleep(1)
    },
  }),
})
