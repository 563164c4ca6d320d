import { harness, receiverContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

describe('my_plugin', () => {
  it('sends a record at every interval', async () => {
    const receiver = harness(plugin, { config: { interval: '1s' } })
    await receiver.start()
    await receiver.advance(2500)
    const { records } = await receiver.stop()
    expect(records.map(({ body }) => body)).toEqual(['alive, 1', 'alive, 2'])
  })

  for (const { name, run } of receiverContract(plugin, {})) it(name, run)
})
