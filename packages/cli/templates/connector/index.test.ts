import { exporterContract, harness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

describe('my_plugin', () => {
  it('passes errors on, and nothing else', async () => {
    const { emitted } = await harness(plugin).feed([
      { severityNumber: 17, body: 'bad' },
      { severityNumber: 9, body: 'good' },
    ])
    expect(emitted.map(({ body }) => body)).toEqual(['bad'])
  })

  for (const { name, run } of exporterContract(plugin, {})) it(name, run)
})
