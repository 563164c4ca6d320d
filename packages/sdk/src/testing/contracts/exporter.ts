import assert from 'node:assert/strict'
import type { Definition } from '../../define.ts'
import { isPermanentError, isRetryableError } from '../../errors.ts'
import type { Exporter } from '../../exporter.ts'
import { batchOf, type Input } from '../harness.ts'
import { plainRecords } from '../plain-record.ts'
import { type Contract, type ContractOptions, documented, making } from './contract.ts'
import { within, withoutLeaks } from './lifecycle.ts'

export interface ExporterContractOptions extends ContractOptions {
  /** Configs whose peer fails, and whether the same batch may succeed later. */
  failing?: readonly { readonly name: string; readonly config: unknown; readonly error: 'retryable' | 'permanent' }[]
}

const inputs: readonly Input[] = ['one', { body: { two: 2 }, attributes: { 'a.b': [1] } }]
const oddInputs: readonly Input[] = [
  {},
  { body: null },
  { time: -1, body: '' },
  '\0\u001b[2J',
  { attributes: { '': '' } },
]

/** What every exporter must do, given one that can deliver. */
export function exporterContract(
  definition: Definition<'exporter' | 'connector', Exporter>,
  options: ExporterContractOptions,
): Contract[] {
  const { signal: abortSignal } = new AbortController()
  const make = making(definition, options)
  const start = (exporter: Exporter) => within(options, 'start', () => exporter.start?.())
  const deliver = (exporter: Exporter, batch = batchOf(inputs)) =>
    within(options, 'export', () => exporter.export(batch, { abortSignal }))
  const stop = (exporter: Exporter) => within(options, 'stop', () => exporter.stop?.())
  const contracts: Contract[] = [
    documented(definition),
    {
      name: 'starts, delivers, flushes, stops, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          await start(component)
          await deliver(component)
          await deliver(component, batchOf([]))
          await within(options, 'flush', () => component.flush?.())
          await stop(component)
          return services
        }),
    },
    {
      name: 'delivers records with nothing in them, or says that it never will',
      async run() {
        const { component } = make()
        await start(component)
        try {
          await deliver(component, batchOf(oddInputs))
        } catch (error) {
          assert.ok(isPermanentError(error), `it threw ${error}`)
        }
        await stop(component)
      },
    },
    {
      name: 'leaves the records as they are, since other exporters see them too',
      async run() {
        const { component } = make()
        const batch = batchOf(inputs)
        const before = plainRecords(batch)
        await start(component)
        await deliver(component, batch)
        assert.deepEqual(plainRecords(batch), before)
        await stop(component)
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
      name: 'can be stopped while it starts',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          const starting = Promise.resolve(component.start?.()).catch(() => {})
          await stop(component)
          await within(options, 'start', () => starting)
          return services
        }),
    },
    {
      name: 'ends an attempt that is aborted, and can be stopped then',
      run: () =>
        withoutLeaks(async () => {
          const { component, services } = make()
          await start(component)
          const attempt = new AbortController()
          const exporting = component.export(batchOf(inputs), { abortSignal: attempt.signal }).catch(() => {})
          attempt.abort(new Error('stopped at once'))
          await within(options, 'an attempt that was aborted', () => exporting)
          await within(options, 'flush', () => component.flush?.())
          await stop(component)
          return services
        }),
    },
    {
      name: 'starts again with what it has stored',
      async run() {
        const { component, services } = make()
        await start(component)
        await deliver(component)
        await stop(component)
        const again = make(services).component
        await start(again)
        await deliver(again)
        await stop(again)
      },
    },
  ]
  for (const { name, config, error: expected } of options.failing ?? []) {
    contracts.push({
      name: `throws a ${expected} error: ${name}`,
      async run() {
        const { component } = making(definition, { ...options, config })()
        let thrown: { error: unknown } | undefined
        try {
          await start(component)
          await deliver(component)
        } catch (error) {
          thrown = { error }
        }
        await stop(component)
        assert.ok(thrown !== undefined, 'it says that it has delivered')
        const isExpected = expected === 'retryable' ? isRetryableError : isPermanentError
        assert.ok(isExpected(thrown.error), `it threw ${thrown.error}`)
      },
    })
  }
  return contracts
}
