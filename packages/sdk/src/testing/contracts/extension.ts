import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import type { Extension } from '../../extension.ts'
import type { HarnessOptions } from '../harness.ts'
import { createComponent, testServices } from '../services.ts'
import { type Contract, documented } from './contract.ts'

/** What every extension must do. */
export function extensionContract(definition: Definition<'extension', Extension>, options: HarnessOptions): Contract[] {
  return [
    documented(definition),
    {
      name: 'starts and stops, and leaves no timer behind',
      async run() {
        const services = testServices(options.services)
        const extension = createComponent(definition, options.config, services)
        await extension.start()
        await extension.stop()
        assert.equal(services.clock.pending, 0)
      },
    },
  ]
}
