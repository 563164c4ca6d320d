import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import type { AlertReport } from '../alert.ts'
import type { Definition } from '../define.ts'
import type { Detector } from '../detector.ts'
import type { Exporter } from '../exporter.ts'
import type { Parser } from '../parser.ts'
import type { Receiver } from '../receiver.ts'
import { CollectingOutput } from './collecting-output.ts'
import { batchOf, type HarnessOptions, type Input } from './harness.ts'
import { parseColumnar, parseSimply } from './parsing.ts'
import { plainRecords } from './plain-record.ts'
import { createComponent, testServices } from './services.ts'
import { settle } from './test-clock.ts'

/** One requirement that every plugin of a kind must meet: `for (const { name, run } of parserContract(…)) it(name, run)`. */
export interface Contract {
  name: string
  run(): void | Promise<void>
}

interface SchemaNode {
  description?: unknown
  properties?: { [name: string]: SchemaNode }
}

const documented = (definition: Definition): Contract => ({
  name: 'describes itself and every key of its config',
  run() {
    assert.match(definition.type, /^[a-z][a-z0-9_]*$/, 'type is lower case letters, digits and _')
    assert.ok(definition.description, `${definition.type} has no description`)
    const visit = (node: SchemaNode, path: string) => {
      for (const [name, child] of Object.entries(node.properties ?? {})) {
        assert.ok(child.description, `${path}.${name} has no description`)
        visit(child, `${path}.${name}`)
      }
    }
    visit((definition.config ?? {}) as SchemaNode, definition.type)
  },
})

const badLines = [
  '',
  '\0\0\0',
  '\u{fffd}'.repeat(50),
  '"',
  '[',
  '{',
  '{"',
  '{"a":',
  '<',
  '<999>',
  '\\',
  '\t',
  'x'.repeat(10_000),
  '__proto__=1',
  '{"__proto__":{"x":1}}',
]

/**
 * What every parser must do.
 * @param options.lines lines of its format, one of which at least it accepts
 */
export function parserContract(
  definition: Definition<'parser', Parser>,
  options: HarnessOptions & { lines: readonly string[] },
): Contract[] {
  const create = () => {
    const parser = createComponent(definition, options.config, testServices(options.services))
    return parser.open?.({ id: 'contract' }) ?? parser
  }
  const text = `${options.lines.join('\n')}\n`
  const mixed = `${options.lines.flatMap((line, index) => [line, badLines[index % badLines.length] ?? '']).join('\n')}\n${badLines.join('\n')}\n`
  const flat = (source: string | Buffer, cuts: number[], capacity?: number) =>
    parseColumnar(create(), source, cuts, capacity).flatMap(plainRecords)
  const isColumnar = create().parseBatch !== undefined
  const contracts: Contract[] = [
    documented(definition),
    {
      name: 'accepts lines of its own format',
      run() {
        const batch = parseSimply(create(), text)
        assert.ok(batch.failures.length < batch.rowCount, 'every line failed')
      },
    },
    {
      name: 'survives lines of no format, and keeps them as they are',
      run() {
        const batch = parseSimply(create(), `${badLines.join('\n')}\n`)
        for (const row of batch.failures) assert.equal(batch.body(row), batch.line(row))
        assert.equal(Object.getPrototypeOf({}).x, undefined)
      },
    },
    {
      name: 'is sure of itself between 0 and 1',
      run() {
        const parser = create()
        for (const lines of [options.lines, badLines, []]) {
          const certainty = parser.sniff?.(lines) ?? 0
          assert.ok(certainty >= 0 && certainty <= 1, `sniff returned ${certainty}`)
        }
      },
    },
  ]
  if (isColumnar) {
    contracts.push(
      {
        name: 'gives the same records on the simple and on the columnar level',
        run: () => assert.deepEqual(flat(mixed, []), plainRecords(parseSimply(create(), mixed))),
      },
      {
        name: 'gives the same records wherever the input is cut between lines, and in batches of any size',
        run() {
          const bytes = Buffer.from(mixed)
          const whole = flat(bytes, [])
          for (let cut = bytes.indexOf(10) + 1; cut > 0 && cut < bytes.length; cut = bytes.indexOf(10, cut) + 1) {
            assert.deepEqual(flat(bytes, [cut]), whole)
          }
          for (const capacity of [1, 2, 3, 7]) assert.deepEqual(flat(bytes, [], capacity), whole)
        },
      },
      {
        name: 'takes \\r\\n for a line ending, and a last line without one',
        run() {
          assert.deepEqual(flat(text.replaceAll('\n', '\r\n'), []), flat(text, []))
          assert.deepEqual(flat(text.slice(0, -1), []), flat(text, []))
        },
      },
    )
  }
  return contracts
}

/**
 * What every detector must do.
 * @param options.inputs records in the order of their time, which make it report something
 */
export function detectorContract(
  definition: Definition<'detector', Detector>,
  options: HarnessOptions & { inputs: readonly Input[] },
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

/** What every exporter must do, given one that can deliver. */
export function exporterContract(definition: Definition<'exporter', Exporter>, options: HarnessOptions): Contract[] {
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
      name: 'can be stopped without having been used',
      async run() {
        const exporter = createComponent(definition, options.config, testServices(options.services))
        await exporter.start?.()
        await exporter.stop?.()
      },
    },
  ]
}

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
