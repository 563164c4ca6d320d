import assert from 'node:assert/strict'
import type { LogBatch } from '../../batch.ts'
import type { Definition } from '../../define.ts'
import type { Processor } from '../../processor.ts'
import { batchOf, type HarnessOptions, type Input } from '../harness.ts'
import { plainRecords } from '../plain-record.ts'
import { createComponent, testServices } from '../services.ts'
import { type Contract, documented } from './contract.ts'

const oddInputs: readonly Input[] = [{}, { body: null }, { body: { nested: [1] } }, { time: -1, body: '' }, '\0']

/**
 * What every processor must do.
 * @param options.inputs records that it is made for
 */
export function processorContract(
  definition: Definition<'processor', Processor>,
  options: HarnessOptions & { inputs: readonly Input[] },
): Contract[] {
  /** Everything that comes out of a processor that is given these batches, and the batches as they are afterwards. */
  const run = async (batches: readonly LogBatch[]) => {
    const services = testServices(options.services)
    const processor = createComponent(definition, options.config, services)
    await processor.start?.()
    const out = []
    for (const batch of batches) out.push(await processor.process(batch))
    out.push((await processor.flush?.()) ?? null)
    await processor.stop?.()
    return { records: out.flatMap((batch) => (batch === null ? [] : plainRecords(batch))), services }
  }
  const contracts: Contract[] = [
    documented(definition),
    {
      name: 'does the same each time, and leaves no timer behind',
      async run() {
        const first = await run([batchOf(options.inputs)])
        assert.deepEqual((await run([batchOf(options.inputs)])).records, first.records)
        assert.equal(first.services.clock.pending, 0)
      },
    },
    {
      name: 'survives records with nothing in them, and a batch without any',
      run: async () => void (await run([batchOf(oddInputs), batchOf([])])),
    },
    {
      name: 'sees only the records that are selected',
      async run() {
        const both = batchOf([...options.inputs, ...options.inputs])
        const half = both.select(Uint32Array.from(options.inputs.keys()))
        assert.deepEqual((await run([half])).records, (await run([batchOf(options.inputs)])).records)
      },
    },
    {
      name: 'can be stopped without having been used',
      async run() {
        const processor = createComponent(definition, options.config, testServices(options.services))
        await processor.start?.()
        await processor.stop?.()
      },
    },
  ]
  if (definition.mutates !== true) {
    contracts.push({
      name: 'leaves the records that it is given as they are, or says that it changes them (mutates)',
      async run() {
        const batch = batchOf(options.inputs)
        const before = plainRecords(batch)
        await run([batch])
        assert.deepEqual(plainRecords(batch), before)
      },
    })
  }
  return contracts
}
