import { CollectingOutput, createComponent, receiverContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

describe('my_plugin', () => {
  it('sends a record at every interval', async () => {
    const services = testServices()
    const output = new CollectingOutput()
    const receiver = createComponent(plugin, { interval: '1s' }, services)
    await receiver.start(output)
    await services.clock.advance(2500)
    await receiver.stop()
    expect(output.records.map(({ body }) => body)).toEqual(['alive, 1', 'alive, 2'])
  })

  for (const { name, run } of receiverContract(plugin, {})) it(name, run)
})
