import { type Record, Severity } from '@weir/sdk'
import { harness, type Input, type PlainRecord, processorContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import sample from './index.ts'

/** In place of core's compiler: a body. */
const overrides = { conditions: { compile: (body: string) => (record: Record) => record.body === body } }
const sampled = async (config: object, inputs: readonly Input[]): Promise<PlainRecord[]> =>
  (await harness(sample, { config, services: testServices({ overrides }) }).feed(inputs)).records
const many = (count: number, of: (index: number) => Exclude<Input, string>): Input[] =>
  Array.from({ length: count }, (_, index) => of(index))
const users = many(4000, (index) => ({ body: `b${index}`, attributes: { user: `u${index % 1000}` } }))

for (const { name, run } of processorContract(sample, {
  inputs: users.slice(0, 20),
  config: { sampling_percentage: 50, from_attribute: 'attributes.user', rate_limit: { records_per_second: 5 } },
  services: { overrides },
}))
  it(`contract: ${name}`, run)

describe('sample', () => {
  it('keeps everything unless it is told otherwise, and says nothing about it', async () => {
    expect(await sampled({}, ['a', 'b'])).toMatchObject([
      { body: 'a', attributes: {} },
      { body: 'b', attributes: {} },
    ])
  })

  it.each([0, 1, 25, 60])('keeps %d percent of the values of a field', async (sampling_percentage) => {
    const kept = await sampled({ sampling_percentage, from_attribute: 'attributes.user' }, users)
    expect(Math.abs(kept.length / users.length - sampling_percentage / 100)).toBeLessThan(0.04)
  })

  it('keeps all records of a value or none', async () => {
    const kept = await sampled({ sampling_percentage: 30, from_attribute: 'attributes.user' }, users)
    const counts = Map.groupBy(kept, ({ attributes }) => attributes.user)
    expect([...counts.values()].every((records) => records.length === 4)).toBe(true)
  })

  it('keeps of a larger share all that it keeps of a smaller one, and others by another seed', async () => {
    const bodies = async (config: object) =>
      (await sampled({ from_attribute: 'attributes.user', ...config }, users)).map(({ body }) => body)
    const few = await bodies({ sampling_percentage: 10 })
    const more = await bodies({ sampling_percentage: 20 })
    expect(few.every((body) => more.includes(body))).toBe(true)
    expect(await bodies({ sampling_percentage: 10, hash_seed: 1 })).not.toEqual(few)
  })

  it('chooses by the body where the field is missing', async () => {
    const kept = await sampled({ sampling_percentage: 50 }, users)
    expect(Math.abs(kept.length / users.length - 0.5)).toBeLessThan(0.04)
  })

  it('always keeps errors, unless told otherwise, and what is named', async () => {
    const inputs = [
      { severityNumber: Severity.ERROR, body: 'e' },
      { severityNumber: Severity.WARN, body: 'w' },
      'named',
    ]
    const kept = async (config: object) =>
      (await sampled({ sampling_percentage: 0, ...config }, inputs)).map(({ body }) => body)
    expect(await kept({ keep: ['named'] })).toEqual(['e', 'named'])
    expect(await kept({ keep_errors: false })).toEqual([])
  })

  it('tells the share of which a record was kept', async () => {
    const [record] = await sampled({ sampling_percentage: 50, from_attribute: 'attributes.user' }, users)
    expect(record?.attributes['sampling.ratio']).toBe(0.5)
    const [error] = await sampled({ sampling_percentage: 50 }, [{ severityNumber: 17 }])
    expect(error?.attributes).toEqual({})
  })

  it('lets so many records a second of event time pass, and says how many each stands for', async () => {
    const inputs = many(1000, (index) => ({ time: index * 10, body: `${index}` }))
    const kept = await sampled({ rate_limit: { records_per_second: 10, burst: 1 } }, inputs)
    expect(kept.length).toBe(100)
    const stood = kept.reduce((sum, { attributes }) => sum + 1 / Number(attributes['sampling.ratio'] ?? 1), 0)
    expect(stood).toBeGreaterThan(980)
    expect(stood).toBeLessThanOrEqual(1000)
  })

  it('limits each value of a field by itself', async () => {
    const inputs = many(90, (index) => ({ time: 0, attributes: { app: ['a', 'b', 'c'][index % 3] ?? '' } }))
    const kept = await sampled({ rate_limit: { records_per_second: 5, by: 'attributes.app' } }, inputs)
    expect(kept.length).toBe(15)
  })
})
