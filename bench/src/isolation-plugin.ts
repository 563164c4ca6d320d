/** Processors of the kind that others write: one that leaves records out, one that changes them. */
import { defineProcessor } from '@weir/sdk'

export default [
  defineProcessor({
    type: 'only_successful',
    create: () => ({
      process: (batch) => batch.filter((record) => Number(record.attributes.get('http.response.status_code')) < 400),
    }),
  }),
  defineProcessor({
    type: 'mark',
    mutates: true,
    create: () => ({
      process(batch) {
        batch.forEach((record) => record.attributes.set('marked', true))
        return batch
      },
    }),
  }),
]
