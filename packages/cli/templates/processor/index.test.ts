import { harness, processorContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

const inputs = ['one', 'two']

describe('my_plugin', () => {
  it('adds the attribute', async () => {
    const { records } = await harness(plugin, { config: { name: 'team', value: 'shop' } }).feed(inputs)
    expect(records).toEqual([
      { body: 'one', attributes: { team: 'shop' } },
      { body: 'two', attributes: { team: 'shop' } },
    ])
  })

  for (const { name, run } of processorContract(plugin, { inputs })) it(name, run)
})
