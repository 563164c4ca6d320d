import type { Definition } from '../../define.ts'
import type { Extension } from '../../extension.ts'
import { type Contract, type ContractOptions, documented, making } from './contract.ts'
import { within, withoutLeaks } from './lifecycle.ts'

/** What every extension must do. */
export function extensionContract(
  definition: Definition<'extension', Extension>,
  options: ContractOptions,
): Contract[] {
  const make = making(definition, options)
  return [
    documented(definition),
    {
      name: 'starts and stops, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          await within(options, 'start', () => component.start())
          await within(options, 'stop', () => component.stop())
          return services
        }),
    },
    {
      name: 'can be stopped while it starts',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          const starting = Promise.resolve(component.start()).catch(() => {})
          await within(options, 'stop', () => component.stop())
          await within(options, 'start', () => starting)
          return services
        }),
    },
    {
      name: 'can be stopped without having been started',
      run: () => within(options, 'stop', () => make().component.stop()),
    },
    {
      name: 'starts again with what it has stored',
      async run() {
        const { component, services } = make()
        for (const extension of [component, make(services).component]) {
          await within(options, 'start', () => extension.start())
          await within(options, 'stop', () => extension.stop())
        }
      },
    },
  ]
}
