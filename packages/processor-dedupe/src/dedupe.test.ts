import type { Record } from '@weir/sdk'
import {
  batchOf,
  createComponent,
  harness,
  type Input,
  type PlainRecord,
  plainRecords,
  processorContract,
  testServices,
} from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import dedupe from './index.ts'

const overrides = {
  conditions: { compile: (body: string) => (record: Record) => record.body !== body },
  run_mode: { once: true, isTerminal: false, baseDir: '.' },
}
const services = () => testServices({ overrides })
const shown = ({ body, attributes }: PlainRecord) =>
  attributes.log_count === undefined ? body : `${body} ×${attributes.log_count}`
/** What comes out of each of these batches, and at the end. */
async function deduped(config: object, ...batches: Input[][]): Promise<unknown[][]> {
  const one = harness(dedupe, { config, services: services() })
  const out: unknown[][] = []
  for (const inputs of batches) out.push((await one.feed(inputs)).records.map(shown))
  return [...out, (await one.stop()).records.map(shown)]
}
const at = (seconds: number, body: string) => ({ time: seconds * 1000, body })

for (const { name, run } of processorContract(dedupe, {
  inputs: [at(0, 'a'), at(1, 'a'), at(2, 'b'), at(11, 'a'), at(12, 'c'), at(30, 'a')],
  services: { overrides: { conditions: overrides.conditions } },
}))
  it(`contract: ${name}`, run)

describe('dedupe', () => {
  it('lets the first through at once, and tells how many followed when their window is over', async () => {
    expect(await deduped({}, [at(0, 'a'), at(1, 'a'), at(2, 'b'), at(9, 'a')], [at(10, 'c')], [at(11, 'a')])).toEqual([
      ['a', 'b'],
      ['c', 'a ×2'],
      ['a'],
      [],
    ])
  })

  it('tells at the end what is left', async () => {
    expect(await deduped({}, [at(0, 'a'), at(1, 'a'), at(2, 'b')])).toEqual([['a', 'b'], ['a ×1']])
  })

  it('says when they came', async () => {
    const one = harness(dedupe, { services: services() })
    await one.feed([at(0, 'a'), at(1, 'a'), { ...at(3, 'a'), attributes: { n: 1 } }])
    expect((await one.stop()).records).toMatchObject([
      {
        time: 3000,
        body: 'a',
        attributes: {
          log_count: 2,
          first_observed_timestamp: '1970-01-01T00:00:01.000Z',
          last_observed_timestamp: '1970-01-01T00:00:03.000Z',
        },
      },
    ])
  })

  it('compares the fields that it is told, exactly', async () => {
    const inputs = [
      { body: 'x', attributes: { a: '1', b: '2' } },
      { body: 'y', attributes: { a: '1', b: '2' } },
      { body: 'z', attributes: { a: '1\u001f1:2', b: '' } },
    ]
    expect(await deduped({ fields: ['attributes.a', 'attributes.b'] }, inputs)).toEqual([['x', 'z'], ['y ×1']])
  })

  it('lets records pass that do not meet its condition', async () => {
    expect(await deduped({ where: 'a' }, [at(0, 'a'), at(0, 'a'), at(0, 'b'), at(0, 'b')])).toEqual([
      ['a', 'a', 'b'],
      ['b ×1'],
    ])
  })

  it('keeps sources apart, and gives each its own at the end', async () => {
    const processor = createComponent(dedupe, {}, services())
    const batch = (source: string) => {
      const given = batchOf([at(0, 'a'), at(1, 'a')])
      given.source = source
      given.resource = { host: source }
      return given
    }
    for (const source of ['one', 'two']) expect((await processor.process(batch(source)))?.length).toBe(1)
    const rest = await processor.flush?.()
    expect(
      Array.isArray(rest) && rest.map((each) => [each.source, each.resource.host, plainRecords(each).map(shown)]),
    ).toEqual([
      ['one', 'one', ['a ×1']],
      ['two', 'two', ['a ×1']],
    ])
  })

  it('remembers no more than it may; a count that has to go early is told early', async () => {
    const inputs = [at(0, 'a'), at(0, 'a'), at(0, 'b'), at(0, 'c'), at(0, 'a')]
    expect(await deduped({ max_keys: 2 }, inputs)).toEqual([['a', 'b', 'c', 'a', 'a ×1'], []])
  })

  it('goes on with its windows after a pause, and after a crash with those in which something was held back', async () => {
    const live = testServices({ overrides: { conditions: overrides.conditions } })
    const first = harness(dedupe, { services: live })
    await first.feed([at(0, 'a'), at(1, 'a'), at(1, 'b')])
    const crashed = first.processor.checkpoint?.() ?? {}
    expect((await first.stop()).records).toEqual([])
    const paused = harness(dedupe, { services: live })
    expect((await paused.feed([at(2, 'a'), at(2, 'b'), at(12, 'c')])).records.map(shown)).toEqual(['c', 'a ×2', 'b ×1'])
    const fresh = testServices({ overrides: { conditions: overrides.conditions } })
    fresh.state.setAll(crashed)
    const again = harness(dedupe, { services: fresh })
    expect((await again.feed([at(2, 'a'), at(2, 'b'), at(12, 'c')])).records.map(shown)).toEqual(['b', 'c', 'a ×2'])
  })

  it('leaves records out without copying any, as long as there is nothing to add', async () => {
    const batch = batchOf([at(0, 'a'), at(1, 'a')])
    const result = await createComponent(dedupe, {}, services()).process(batch)
    expect(result?.cells).toBe(batch.cells)
  })

  it('goes by when records were seen where none has a time, and lets a like one through again later', async () => {
    const one = createComponent(dedupe, {}, services())
    const seen = async (ms: number, ...bodies: string[]) => {
      const batch = batchOf(bodies)
      batch.observedTime = ms
      const result = await one.process(batch)
      return result === null ? [] : plainRecords(result).map(shown)
    }
    expect(await seen(1000, 'a', 'a')).toEqual(['a'])
    expect(await seen(5000, 'a')).toEqual([])
    expect(await seen(11_000, 'b')).toEqual(['b', 'a ×2'])
    expect(await seen(12_000, 'a')).toEqual(['a'])
  })

  it('gives records without a time that of those before them, where others have one', async () => {
    const out = await deduped({}, [at(0, 'a'), { body: 'a' }, at(20, 'b'), { body: 'a' }])
    expect(out).toEqual([['a', 'b', 'a', 'a ×1'], []])
  })

  it('accounts for every record: let through, or counted', async () => {
    const inputs = fc.array(fc.tuple(fc.nat(60), fc.constantFrom('a', 'b', 'c', 'd')), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer({ min: 1, max: 5 }), async (pairs, max_keys) => {
        const one = harness(dedupe, { config: { max_keys }, services: services() })
        const records: PlainRecord[] = []
        for (let index = 0; index < pairs.length; index += 7) {
          const part = pairs.slice(index, index + 7).map(([seconds, body]) => at(seconds, body))
          records.push(...(await one.feed(part)).records)
        }
        records.push(...(await one.stop()).records)
        const total = records.reduce((sum, { attributes }) => sum + Number(attributes.log_count ?? 1), 0)
        expect(total).toBe(pairs.length)
      }),
    )
  })
})
