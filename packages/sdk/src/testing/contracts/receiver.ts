import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import type { Receiver } from '../../receiver.ts'
import { CollectingOutput } from '../collecting-output.ts'
import type { TestServices } from '../services.ts'
import { settle } from '../test-clock.ts'
import { type Contract, type ContractOptions, documented, making } from './contract.ts'
import { within, withoutLeaks } from './lifecycle.ts'

export interface ReceiverContractOptions extends ContractOptions {
  /** Makes a running receiver send something; if left out, a minute of the clock passes. */
  produce?(services: TestServices): void | Promise<void>
}

/** Times that something is produced before it is looked whether the receiver waits. */
const rounds = 8
/** How long the first batch of a receiver is waited for, at most. */
const firstSendMs = 2000

/** What every receiver must do. Give a config with which it can start. */
export function receiverContract(
  definition: Definition<'receiver', Receiver>,
  options: ReceiverContractOptions,
): Contract[] {
  const make = making(definition, options)
  const produce = async (services: TestServices) => {
    if (options.produce === undefined) await services.clock.advance(60_000)
    else await options.produce(services)
    await settle()
  }
  const start = (receiver: Receiver, output = new CollectingOutput()) =>
    within(options, 'start', () => receiver.start(output))
  const stop = (receiver: Receiver) => within(options, 'stop', () => receiver.stop())
  const close = (receiver: Receiver) => within(options, 'close', () => receiver.close?.())
  return [
    documented(definition),
    {
      name: 'starts and stops, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          await start(component)
          await produce(services)
          await stop(component)
          await close(component)
          return services
        }),
    },
    {
      name: 'sends nothing after it has stopped',
      async run() {
        const { component, services } = make()
        const output = new CollectingOutput()
        await start(component, output)
        await stop(component)
        const atStop = output.calls
        await produce(services)
        await close(component)
        assert.equal(output.calls, atStop)
      },
    },
    {
      name: 'can be stopped without having been started',
      async run() {
        const { component } = make()
        await stop(component)
        await close(component)
      },
    },
    {
      name: 'can be stopped while it starts',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          const output = new CollectingOutput()
          const starting = Promise.resolve(component.start(output)).catch(() => {})
          await stop(component)
          await within(options, 'start', () => starting)
          const { calls } = output
          await produce(services)
          await close(component)
          assert.equal(output.calls, calls, 'something was sent after the stop')
          return services
        }),
    },
    {
      name: 'waits while there is no room, and stops when there is, if not before',
      async run() {
        const { component, services } = make()
        const output = new CollectingOutput()
        output.block()
        await start(component, output)
        // What comes from elsewhere, such as another process, comes when it likes.
        const deadline = performance.now() + firstSendMs
        for (let round = 0; round < rounds || (output.waiting === 0 && performance.now() < deadline); round++)
          await produce(services)
        const { waiting } = output
        for (let round = 0; round < rounds; round++) await produce(services)
        assert.ok(output.waiting <= waiting, 'it goes on sending while what it has sent still waits for room')
        const stopping = stop(component)
        stopping.catch(() => {})
        await settle()
        // As the collector does at the latest when its time to stop is over.
        output.open()
        await stopping
        const { calls } = output
        await produce(services)
        await close(component)
        assert.equal(output.calls, calls, 'something was sent after the stop')
      },
    },
    ...[true, false].map(
      (isDelivered): Contract => ({
        name: `can be stopped while batches are under way, which are ${isDelivered ? '' : 'not '}delivered then`,
        run: () =>
          withoutLeaks(async () => {
            const { component, services } = make()
            const output = new CollectingOutput()
            output.holding = true
            await start(component, output)
            await produce(services)
            await stop(component)
            if (isDelivered) output.settleAll()
            else output.rejectAll(new Error('not delivered'))
            await settle()
            await close(component)
            return services
          }),
      }),
    ),
    {
      name: 'starts again with what it has stored',
      async run() {
        const { component, services } = make()
        await start(component)
        await produce(services)
        await stop(component)
        await close(component)
        const again = make(services).component
        await start(again)
        await stop(again)
        await close(again)
      },
    },
  ]
}
