import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import type { Definition } from '../../define.ts'
import type { Parser } from '../../parser.ts'
import { parseColumnar, parseSimply } from '../parsing.ts'
import { plainRecords } from '../plain-record.ts'
import { createComponent, testServices } from '../services.ts'
import { type Contract, type ContractOptions, documented } from './contract.ts'
import { withoutLeaks } from './lifecycle.ts'

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
  options: ContractOptions & { lines: readonly string[] },
): Contract[] {
  const create = (services = testServices(options.services)) => {
    const parser = createComponent(definition, options.config, services)
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
      name: 'gives the same records when it is restarted between two lines, and leaves no timer and no handle behind',
      run: () =>
        withoutLeaks(async () => {
          const services = testServices(options.services)
          const whole = plainRecords(parseSimply(create(services), text))
          for (let cut = 1; cut < options.lines.length; cut++) {
            const state = testServices(options.services)
            const parts = [options.lines.slice(0, cut), options.lines.slice(cut)]
            const records = parts.flatMap((lines) => plainRecords(parseSimply(create(state), lines.join('\n'))))
            assert.deepEqual(records, whole, `restart before line ${cut + 1}`)
          }
          return services
        }),
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
