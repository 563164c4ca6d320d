import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import type { Exporter } from '../../exporter.ts'
import { batchOf, type HarnessOptions } from '../harness.ts'
import { plainRecords } from '../plain-record.ts'
import { createComponent, testServices } from '../services.ts'
import { type Contract, documented } from './contract.ts'

/** What every exporter must do, given one that can deliver. */
export function exporterContract(
  definition: Definition<'exporter' | 'connector', Exporter>,
  options: HarnessOptions,
): Contract[] {
  const abortSignal = new AbortController().signal
  return [
    documented(definition),
    {
      name: 'starts, delivers, flushes, stops, and leaves no timer behind',
      async run() {
        const services = testServices(options.services)
        const exporter = createComponent(definition, options.config, services)
        await exporter.start?.()
        await exporter.export(batchOf(['one', { body: { two: 2 }, attributes: { 'a.b': [1] } }]), { abortSignal })
        await exporter.export(batchOf([]), { abortSignal })
        await exporter.flush?.()
        await exporter.stop?.()
        assert.equal(services.clock.pending, 0)
      },
    },
    {
      name: 'leaves the records as they are, since other exporters see them too',
      async run() {
        const exporter = createComponent(definition, options.config, testServices(options.services))
        const batch = batchOf(['one', { body: { two: 2 }, attributes: { three: 3 } }])
        const before = plainRecords(batch)
        await exporter.start?.()
        await exporter.export(batch, { abortSignal })
        assert.deepEqual(plainRecords(batch), before)
        await exporter.stop?.()
      },
    },
    {
      name: 'can be stopped without having been used',
      async run() {
        const exporter = createComponent(definition, options.config, testServices(options.services))
        await exporter.start?.()
        await exporter.stop?.()
      },
    },
  ]
}
