import { detectorContract, harness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

const config = { threshold: 3 }
const inputs = [{ time: 0 }, { time: 100 }, { time: 200 }, { time: 5000 }]

describe('my_plugin', () => {
  it('reports the third record within one second', async () => {
    const { alerts } = await harness(plugin, { config }).feed(inputs)
    expect(alerts).toEqual([{ title: '3 records within one second', severity: 'warning', time: 200 }])
  })

  for (const { name, run } of detectorContract(plugin, { config, inputs })) it(name, run)
})
