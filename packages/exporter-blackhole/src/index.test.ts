import { batchOf, createComponent, exporterContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import blackhole from './index.ts'

describe('the blackhole exporter', () => {
  for (const { name, run } of exporterContract(blackhole, {})) it(name, run)

  it('delivers whatever comes and leaves it as it is', async () => {
    const batch = batchOf(['one', 'two'])
    const { signal } = new AbortController()
    await createComponent(blackhole).export(batch, { abortSignal: signal })
    expect(Array.from(batch, ({ body }) => body)).toEqual(['one', 'two'])
  })
})
