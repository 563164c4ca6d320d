import { expect, it } from 'vitest'
import { BatchMemory } from './batch-memory.ts'
import { batchOf } from './testing/harness.ts'

it('remembers a batch until it is told to forget, or the batch is emptied', () => {
  const memory = new BatchMemory<string>()
  const batch = batchOf(['a'])
  const view = batch.filter(({ body }) => body === 'b')
  expect(memory.get(batch)).toBeUndefined()
  memory.set(batch, 'half sent')
  expect([memory.get(batch), memory.get(view)]).toEqual(['half sent', undefined])
  batch.reset().append().body = 'b'
  expect(memory.get(batch)).toBeUndefined()
  memory.set(batch, 'sent')
  memory.delete(batch)
  expect(memory.get(batch)).toBeUndefined()
})
