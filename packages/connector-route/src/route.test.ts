import type { Record } from '@weir/sdk'
import { batchOf, createComponent, exporterContract, harness, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { route, routeAlerts } from './route.ts'

/** Conditions of these tests, in place of core's compiler: a letter that the body contains. */
const conditions = {
  compile: (letter: string) => (record: Record) => typeof record.body === 'string' && record.body.includes(letter),
}
const table = [
  { condition: 'a', pipelines: ['logs/a'] },
  { condition: 'b', pipelines: ['logs/b', 'logs/both'] },
]
const inputs = ['a', 'b', 'ab', 'c']

async function routed(config: object) {
  const services = testServices({ overrides: { conditions } })
  await harness(route, { config: { table, ...config }, services }).feed(inputs)
  const { byPipeline } = services.connectorOutput
  return Object.fromEntries([...byPipeline].map(([name, records]) => [name, records.map(({ body }) => body)]))
}

for (const definition of [route, routeAlerts])
  for (const { name, run } of exporterContract(definition, {
    config: { table },
    services: { overrides: { conditions } },
  }))
    it(`contract of ${definition.type}: ${name}`, run)

describe('route', () => {
  it('sends each record to the pipelines of the first route whose condition it meets, and the rest to the default', async () => {
    expect(await routed({ default_pipelines: ['logs/rest'] })).toEqual({
      'logs/a': ['a', 'ab'],
      'logs/b': ['b'],
      'logs/both': ['b'],
      'logs/rest': ['c'],
    })
  })

  it('sends a record down every route with match: all', async () => {
    expect(await routed({ match: 'all', default_pipelines: ['logs/rest'] })).toEqual({
      'logs/a': ['a', 'ab'],
      'logs/b': ['b', 'ab'],
      'logs/both': ['b', 'ab'],
      'logs/rest': ['c'],
    })
  })

  it('ends what no route is for where there is no default', async () => {
    expect(await routed({})).not.toHaveProperty('logs/rest')
  })

  it('copies no record', async () => {
    const services = testServices({ overrides: { conditions } })
    const batch = batchOf(inputs)
    await createComponent(route, { table }, services).export(batch, { abortSignal: services.stop.signal })
    expect(services.connectorOutput.batches.every(({ cells }) => cells === batch.cells)).toBe(true)
  })
})
