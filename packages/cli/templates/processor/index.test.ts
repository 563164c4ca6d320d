import { batchOf, createComponent, plainRecords, processorContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

const inputs = ['one', 'two']

describe('my_plugin', () => {
  it('adds the attribute', async () => {
    const processor = createComponent(plugin, { name: 'team', value: 'shop' })
    const result = await processor.process(batchOf(inputs))
    expect(result === null ? [] : plainRecords(result)).toEqual([
      { body: 'one', attributes: { team: 'shop' } },
      { body: 'two', attributes: { team: 'shop' } },
    ])
  })

  for (const { name, run } of processorContract(plugin, { inputs })) it(name, run)
})
