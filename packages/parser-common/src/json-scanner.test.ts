import { Buffer } from 'node:buffer'
import { LogBatch, TimestampReader } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { JsonScanner } from './json-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { kernels } from './page.ts'
import { PageTime } from './page-time.ts'
import { Roles } from './well-known-keys.ts'

const roles = new Roles({
  body_keys: ['msg', 'a'],
  time_keys: ['ts', 'b'],
  severity_keys: ['level'],
  trace_id_keys: ['trace_id'],
  span_id_keys: ['span_id'],
})
const key = fc.oneof(
  fc.constantFrom('msg', 'ts', 'level', 'trace_id', 'span_id', 'a', 'b', '__proto__', 'k"e\\y', 'é', ''),
  fc.string(),
)
const telling = fc.constantFrom(
  ...['error', 'WARN', 'info', 30, 1795528536, 1e300, '2026-11-24T13:55:36.123456Z', '2026-11-24T13:55:37Z'],
  ...['2026-11-24T13:55:36.5+02:00', '2026-02-30T13:55:36Z', '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
)
const object = fc.dictionary(key, fc.oneof(fc.jsonValue({ maxDepth: 4 }), telling))

/** An object on a line, spaced somehow, or one that was damaged somewhere. */
const line = fc
  .tuple(object, fc.constantFrom(undefined, 1), fc.boolean())
  .map(([value, indent, isAscii]) => {
    const text = JSON.stringify(value, undefined, indent).replaceAll('\n', ' ')
    return isAscii
      ? text.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : text
  })
  .chain((text) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(text) },
      fc
        .tuple(
          fc.nat(text.length),
          fc.nat(3),
          fc.constantFrom('', ' ', '"', '{', '}', '[', ',', ':', '\\', '0', '-', 'e', '\t'),
        )
        .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length)),
      fc.constantFrom(
        '',
        '\r',
        '{}',
        ' {} ',
        '[]',
        'true',
        '{"a":01}',
        '{"a":1.}',
        '{"a":"\\x"}',
        '{"a":tru}',
        '{"a" 1}',
      ),
    ),
  )

function recordsOf(text: string, kernel: boolean, capacity: number): unknown[] {
  const scanner = new JsonScanner(new KeyedColumns(roles, new PageTime(new TimestampReader())), kernel)
  const { parseBatch } = levelsOf(scanner)
  const bytes = Buffer.from(text)
  const all: unknown[] = []
  for (let at = 0; at < bytes.length; ) {
    const batch = new LogBatch({ capacity, layout: scanner.layout })
    batch.bytes = bytes
    at = parseBatch(bytes, at, bytes.length, batch)
    all.push(...plainRecords(batch), ...batch.failures)
  }
  return all
}

it('reads the same by the kernel and in JavaScript, whatever the lines are', () => {
  expect(kernels).toBeDefined()
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom(1, 3, 4096),
      (lines, ending, capacity) => {
        const text = lines.join(ending)
        expect(recordsOf(text, true, capacity)).toEqual(recordsOf(text, false, capacity))
      },
    ),
    { numRuns: 2000 },
  )
})

it('reads an object of more members than the kernel has room for, and what stands around it', () => {
  const members = Array.from({ length: 40_000 }, (_, index) => `"k${index % 200}":${index}`)
  const text = ['{"msg":"before"}', `{${members.join(',')}}`, '{"msg":"after"}'].join('\n')
  expect(recordsOf(text, true, 4096)).toEqual(recordsOf(text, false, 4096))
})
