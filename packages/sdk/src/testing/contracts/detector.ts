import assert from 'node:assert/strict'
import type { AlertReport } from '../../alert.ts'
import type { Definition } from '../../define.ts'
import type { Detector } from '../../detector.ts'
import { batchOf, type Input } from '../harness.ts'
import { createComponent, testServices } from '../services.ts'
import { type Contract, type ContractOptions, documented } from './contract.ts'
import { withoutLeaks } from './lifecycle.ts'

/**
 * What every detector must do.
 * @param options.inputs records in the order of their time, which make it report something
 */
export function detectorContract(
  definition: Definition<'detector', Detector>,
  options: ContractOptions & { inputs: readonly Input[] },
): Contract[] {
  const create = () => createComponent(definition, options.config, testServices(options.services))
  const timeOf = (input: Input | undefined) => (typeof input === 'object' ? input.time : undefined) ?? Number.NaN
  const run = (size: number, restartAt = -1, simple = false): AlertReport[] => {
    const alerts: AlertReport[] = []
    let detector = create()
    let watermark = Number.NEGATIVE_INFINITY
    const report = (alert: AlertReport) => void alerts.push(alert)
    // As the host does it: what lies before a record is complete when the record is seen.
    const advance = (time: number) => {
      if (!(time > watermark)) return
      watermark = time
      detector.advance?.(watermark, report)
    }
    for (let from = 0; from < options.inputs.length; from += size) {
      if (from === restartAt) {
        const snapshot = JSON.parse(JSON.stringify(detector.snapshot?.() ?? null))
        detector = create()
        if (snapshot !== null) detector.restore?.(snapshot)
      }
      const slice = options.inputs.slice(from, from + size)
      advance(timeOf(slice[0]))
      const batch = batchOf(slice)
      if (detector.observeBatch && !simple) detector.observeBatch(batch, report)
      else batch.forEach((record) => detector.observe?.(record, report))
    }
    advance(timeOf(options.inputs.at(-1)))
    return alerts
  }
  const contracts: Contract[] = [
    documented(definition),
    {
      name: 'reports what the example shows, in words, with a time',
      run() {
        const alerts = run(1)
        assert.ok(alerts.length > 0, 'nothing was reported')
        for (const alert of alerts) {
          assert.ok(alert.title.length > 0 && !alert.title.includes('\n'), 'the title is one line')
          assert.ok(Number.isFinite(alert.time), 'an alert has a time')
        }
      },
    },
    { name: 'reports the same each time', run: () => assert.deepEqual(run(1), run(1)) },
    {
      name: 'reports the same when it is restarted at any record',
      run() {
        const whole = run(1)
        const step = Math.max(1, Math.floor(options.inputs.length / 50))
        for (let at = 0; at < options.inputs.length; at += step) assert.deepEqual(run(1, at), whole, `restart at ${at}`)
      },
    },
    {
      name: 'can be judged and stopped without having seen a record, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const services = testServices(options.services)
          const detector = createComponent(definition, options.config, services)
          detector.advance?.(0, () => {})
          detector.snapshot?.()
          detector.stop?.()
          return services
        }),
    },
    {
      name: 'survives a snapshot that is none of its own',
      run() {
        if (create().restore === undefined) return
        for (const snapshot of [{}, [], 'text', 0, { other: 1 }]) {
          const detector = create()
          try {
            detector.restore?.(snapshot)
          } catch {
            // Its host starts a new one then.
            continue
          }
          const batch = batchOf(options.inputs)
          if (detector.observeBatch) detector.observeBatch(batch, () => {})
          else batch.forEach((record) => detector.observe?.(record, () => {}))
        }
      },
    },
    {
      name: 'survives records with nothing in them',
      run() {
        const detector = create()
        const batch = batchOf([
          {},
          { body: null },
          { time: 0 },
          { time: -1, body: '' },
          { attributes: { __proto__x: 'y' } },
        ])
        if (detector.observeBatch) detector.observeBatch(batch, () => {})
        else batch.forEach((record) => detector.observe?.(record, () => {}))
        detector.advance?.(0, () => {})
      },
    },
  ]
  if (create().observeBatch && create().observe) {
    contracts.push({
      name: 'reports the same on the simple and on the columnar level, in batches of any size',
      run() {
        for (const size of [1, 3, 16, 1000]) assert.deepEqual(run(size), run(size, -1, true), `batches of ${size}`)
      },
    })
  }
  return contracts
}
