import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import type { Receiver } from '../../receiver.ts'
import { CollectingOutput } from '../collecting-output.ts'
import type { HarnessOptions } from '../harness.ts'
import { createComponent, testServices } from '../services.ts'
import { settle } from '../test-clock.ts'
import { type Contract, documented } from './contract.ts'

/** What every receiver must do. Give a config with which it can start. */
export function receiverContract(definition: Definition<'receiver', Receiver>, options: HarnessOptions): Contract[] {
  return [
    documented(definition),
    {
      name: 'starts and stops, and leaves no timer behind',
      async run() {
        const services = testServices(options.services)
        const receiver = createComponent(definition, options.config, services)
        await receiver.start(new CollectingOutput())
        await receiver.stop()
        await receiver.close?.()
        assert.equal(services.clock.pending, 0)
      },
    },
    {
      name: 'sends nothing after it has stopped',
      async run() {
        const receiver = createComponent(definition, options.config, testServices(options.services))
        const output = new CollectingOutput()
        await receiver.start(output)
        await receiver.stop()
        const count = () => output.records.length + output.lines.length
        const atStop = count()
        await settle()
        await receiver.close?.()
        assert.equal(count(), atStop)
      },
    },
    {
      name: 'can be stopped without having been started',
      async run() {
        const receiver = createComponent(definition, options.config, testServices(options.services))
        await receiver.stop()
        await receiver.close?.()
      },
    },
  ]
}
