import { Buffer } from 'node:buffer'
import { LogBatch, TimestampReader } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { levelsOf } from './line-scanner.ts'
import { kernels } from './page.ts'
import { PageTime } from './page-time.ts'
import { SyslogScanner } from './syslog-scanner.ts'

const sound = [
  '<165>1 2026-11-24T13:55:36.123Z host app 42 ID47 [origin@32473 ip="192.0.2.1" x="a]b\\"c"][meta seq="7"] The message',
  '<0>1 2026-11-24T13:55:36Z h a - - - no structured data',
  '<191>1 2024-02-29T23:59:60.123456789Z h a 1 - [x] \ufeffmessage after a mark',
  '<13>1 - - - - - -',
  '<13>1 2026-11-24T13:55:36.5Z host app 1 ID - é 東京',
]
const odd = [
  '<34>Oct 11 22:14:15 mymachine su: failed for lonvick on /dev/pts/8',
  '<165>1 2026-11-24T13:55:36.123+02:00 host app 42 ID47 - an offset',
  '<165>1 2026-02-30T13:55:36Z host app 42 ID47 - no such day',
  '<192>1 2026-11-24T13:55:36Z h a - - - too high a priority',
  '<13>1 2026-11-24T13:55:36Z h a 1 2 [never ends',
  '\ufeff<13>1 2026-11-24T13:55:36Z h a 1 2 - marked',
  '',
  'nothing of the kind',
]

/** A line, or one that was damaged somewhere. */
const line = fc.constantFrom(...sound, ...sound, ...odd).chain((text) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(text) },
    fc
      .tuple(
        fc.nat(text.length),
        fc.nat(3),
        fc.constantFrom('', ' ', '"', '-', '[', ']', '\\', '9', '.', 'é', '\0', '\r'),
      )
      .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length)),
  ),
)

function recordsOf(text: string, protocol: 'auto' | 'rfc5424', kernel: boolean, capacity: number): unknown[] {
  const now = () => Date.UTC(2026, 11, 1)
  const scanner = new SyslogScanner({ protocol, kernel, time: new PageTime(new TimestampReader({ now })) })
  const { parseBatch } = levelsOf(scanner)
  const bytes = Buffer.from(text)
  const all: unknown[] = []
  for (let at = 0; at < bytes.length; ) {
    const batch = new LogBatch({ capacity })
    batch.bytes = bytes
    at = parseBatch(bytes, at, bytes.length, batch)
    all.push(
      ...plainRecords(batch),
      batch.failures,
      Array.from(batch, (record) => record.line),
    )
  }
  return all
}

it('reads the same by the kernel and in JavaScript, whatever the lines are', () => {
  expect(kernels).toBeDefined()
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('auto', 'rfc5424'),
      fc.constantFrom(1, 3, 4096),
      (lines, ending, protocol, capacity) => {
        const text = lines.join(ending)
        expect(recordsOf(text, protocol, true, capacity)).toEqual(recordsOf(text, protocol, false, capacity))
      },
    ),
    { numRuns: 2000 },
  )
})
