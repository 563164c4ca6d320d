import assert from 'node:assert/strict'
import type { LogBatch } from '../../batch.ts'
import type { Definition } from '../../define.ts'
import { flushedBatches, type Processor } from '../../processor.ts'
import { State } from '../../token.ts'
import { batchOf, type Input } from '../harness.ts'
import { plainRecords } from '../plain-record.ts'
import { type TestServices, testServices } from '../services.ts'
import { type Contract, type ContractOptions, documented, making } from './contract.ts'
import { within, withoutLeaks } from './lifecycle.ts'

const oddInputs: readonly Input[] = [{}, { body: null }, { body: { nested: [1] } }, { time: -1, body: '' }, '\0']

/**
 * What every processor must do.
 * @param options.inputs records that it is made for
 */
export function processorContract(
  definition: Definition<'processor', Processor>,
  options: ContractOptions & { inputs: readonly Input[] },
): Contract[] {
  const make = making(definition, options)
  const start = (processor: Processor) => within(options, 'start', () => processor.start?.())
  const stop = (processor: Processor) => within(options, 'stop', () => processor.stop?.())
  /** Everything that comes out of a processor that is given these batches. */
  const run = async (batches: readonly LogBatch[], given: TestServices = testServices(options.services)) => {
    const { component, services } = make(given)
    const out = []
    await start(component)
    for (const batch of batches) out.push(await within(options, 'process', () => component.process(batch)))
    out.push(...flushedBatches(await within(options, 'flush', () => component.flush?.())))
    await stop(component)
    return { records: out.flatMap((batch) => (batch === null ? [] : plainRecords(batch))), services }
  }
  const contracts: Contract[] = [
    documented(definition),
    {
      name: 'does the same each time, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const first = await run([batchOf(options.inputs)])
          assert.deepEqual((await run([batchOf(options.inputs)])).records, first.records)
          return first.services
        }),
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
        const { component } = make()
        await start(component)
        await stop(component)
      },
    },
    {
      name: 'can be stopped while it starts, and while a batch is under way',
      run: () =>
        withoutLeaks(async () => {
          const early = make()
          const starting = Promise.resolve(early.component.start?.()).catch(() => {})
          await stop(early.component)
          await within(options, 'start', () => starting)
          const { component, services } = make()
          await start(component)
          const processing = Promise.resolve(component.process(batchOf(options.inputs))).catch(() => {})
          await stop(component)
          await within(options, 'process', () => processing)
          assert.equal(early.services.clock.pending, 0, 'timers of the clock are left')
          return services
        }),
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
  if (Object.values(definition.inject ?? {}).some(({ name }) => name === State.name)) {
    contracts.push({
      name: 'goes on after a restart with what it has stored',
      async run() {
        const whole = await run(options.inputs.map((input) => batchOf([input])))
        for (let cut = 1; cut < options.inputs.length; cut++) {
          const services = testServices(options.services)
          const parts = [options.inputs.slice(0, cut), options.inputs.slice(cut)]
          const records = []
          for (const part of parts) {
            const batches = part.map((input) => batchOf([input]))
            records.push(...(await run(batches, services)).records)
          }
          assert.deepEqual(records, whole.records, `restart before record ${cut}`)
        }
      },
    })
  }
  return contracts
}
