import { batchOf, createComponent, plainRecords, processorContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { template } from './template-processor.ts'

const inputs = ['user 1 logged in', 'disk full', 'user 2 logged in']
for (const { name, run } of processorContract(template, { inputs })) it(`template ${name}`, run)

describe('template', () => {
  it('tells the kind of each message, the same after a restart', async () => {
    const services = testServices()
    const ids = async () => {
      const processor = createComponent(template, {}, services)
      await processor.start?.()
      const batch = await processor.process(batchOf([...inputs]))
      await processor.stop?.()
      return batch === null ? [] : plainRecords(batch).map(({ attributes }) => attributes)
    }
    const first = await ids()
    expect(first.map((attributes) => attributes['log.template.text'])).toEqual([
      'user <num> logged in',
      'disk full',
      'user <num> logged in',
    ])
    expect(first[0]?.['log.template.id']).toBe(first[2]?.['log.template.id'])
    expect(await ids()).toEqual(first)
  })
})
