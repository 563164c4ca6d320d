import type { Record } from '@weir/sdk'
import { batchOf, createComponent, harness, processorContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import filter from './index.ts'

/** Conditions of these tests, in place of core's compiler: `path=/x`. */
const conditions = {
  compile(text: string) {
    const [name = '', value] = text.split('=')
    return (record: Record) => record.attributes.get(name) === value
  },
}
const inputs = [
  { body: 'a', severityNumber: 5, attributes: { path: '/health' } },
  { body: 'b', severityNumber: 13, attributes: { path: '/cart', user: 'eve' } },
  { body: 'c', severityNumber: 17, attributes: { path: '/cart' } },
  { body: 'd', severityNumber: 0, attributes: { path: '/login' } },
]
const given = () => testServices({ overrides: { conditions } })
const kept = async (config: object) =>
  (await harness(filter, { config, services: given() }).feed(inputs)).records.map(({ body }) => body)

for (const { name, run } of processorContract(filter, {
  inputs,
  services: { overrides: { conditions } },
  config: { exclude: ['path=/health'], severity_number: { min: 'info' } },
}))
  it(`contract: ${name}`, run)

describe('filter', () => {
  it('keeps everything unless it is told otherwise', async () => {
    expect(await kept({})).toEqual(['a', 'b', 'c', 'd'])
  })

  it('keeps what one of the conditions of include holds for', async () => {
    expect(await kept({ include: ['path=/cart', 'path=/login'] })).toEqual(['b', 'c', 'd'])
  })

  it('lets exclude have the last word', async () => {
    expect(await kept({ include: ['path=/cart'], exclude: ['user=eve'] })).toEqual(['c'])
    expect(await kept({ exclude: ['path=/health', 'user=eve'] })).toEqual(['c', 'd'])
  })

  it('keeps records from a severity on, and those without one unless told otherwise', async () => {
    expect(await kept({ severity_number: { min: 'warn' } })).toEqual(['b', 'c', 'd'])
    expect(await kept({ severity_number: { min: 'warn', match_undefined: false } })).toEqual(['b', 'c'])
    expect(await kept({ severity_number: { min: 'fatal', match_undefined: false } })).toEqual([])
  })

  it('leaves records out without copying any', async () => {
    const batch = batchOf(inputs)
    const processor = createComponent(filter, { include: ['path=/cart'] }, given())
    const result = await processor.process(batch)
    expect(result?.cells).toBe(batch.cells)
    expect([...(result?.selection ?? [])]).toEqual([1, 2])
  })
})
