import { defineExporter, resolveConfig } from '@weir/sdk'
import { expect, it } from 'vitest'
import { completeSchema } from './complete-schema.ts'

const create = () => ({ export: async () => {} })

it('joins batches before an exporter by its own defaults, which the operator can change one by one', () => {
  const batches = { max_records: 50, flush_timeout: '30s' }
  const schema = completeSchema(defineExporter({ type: 'digest', batches, create }))
  expect(resolveConfig(schema, {})).toMatchObject({
    batch: { max_records: 50, flush_timeout: 30_000, max_bytes: 2 ** 20 },
  })
  expect(resolveConfig(schema, { batch: { flush_timeout: '1s' } })).toMatchObject({
    batch: { max_records: 50, flush_timeout: 1000 },
  })
  expect(resolveConfig(completeSchema(defineExporter({ type: 'plain', create })), {})).not.toHaveProperty('batch')
})
