import { batchOf, createComponent, exporterContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.ts'

describe('my_plugin', () => {
  it('passes errors on, and nothing else', async () => {
    const services = testServices()
    const batch = batchOf([
      { severityNumber: 17, body: 'bad' },
      { severityNumber: 9, body: 'good' },
    ])
    await createComponent(plugin, {}, services).export(batch, { abortSignal: new AbortController().signal })
    expect(services.connectorOutput.records.map(({ body }) => body)).toEqual(['bad'])
  })

  for (const { name, run } of exporterContract(plugin, {})) it(name, run)
})
