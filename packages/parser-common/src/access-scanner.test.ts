import { Buffer } from 'node:buffer'
import { LogBatch, type Record, TimestampReader } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AccessOptions, AccessScanner } from './access-scanner.ts'
import { levelsOf } from './line-scanner.ts'
import { kernels, pageText } from './page.ts'

const sound = [
  '192.0.2.7 - - [24/Nov/2026:13:55:36 +0000] "GET /a/b?c=d&e=f HTTP/1.1" 200 612 "https://shop.example/" "Mozilla/5.0 (X11)"',
  '2001:db8::1 - ann [01/Jan/1970:00:00:00 -0130] "POST / HTTP/2.0" 503 0 "-" "-"',
  '10.0.0.1 ident two words [29/Feb/2024:23:59:60 +1400] "DELETE /x HTTP/1.0" 404 - "" "agent" "10.1.2.3, 10.4.5.6"',
  '10.0.0.1 - - [31/Dec/2099:00:00:00 +0000] "GET /big HTTP/1.1" 206 99999999999 "-" "é 東京" 0.003 extra',
  'host.example - - [24/Nov/2026:13:55:36 +0000] "GET /index.html HTTP/1.1" 301 178',
]
const odd = [
  '10.0.0.1 - - [30/Feb/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
  '10.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
  '10.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "GET /say?\\"hi\\" HTTP/1.1" 200 1 "a\\"b" "c\\\\"',
  '10.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "-" 408 0 "-" "-"',
  '10.0.0.1 - - [24/Nov/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "never ends',
  '',
  '\0\0',
  'not an access line',
]

/** A line, or one that was damaged somewhere. */
const line = fc.constantFrom(...sound, ...sound, ...odd).chain((text) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(text) },
    fc
      .tuple(fc.nat(text.length), fc.nat(3), fc.constantFrom('', ' ', '"', '-', '[', '?', '\\', '9', 'é', '\0', '\r'))
      .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length)),
  ),
)

function recordsOf(text: string, options: Omit<AccessOptions, 'time' | 'other'>, capacity: number): unknown[] {
  const other = (start: number, end: number, record: Record) => {
    const one = pageText(start, end)
    record.body = one.toUpperCase()
    return one.length % 2 === 0
  }
  const { parseBatch } = levelsOf(new AccessScanner({ ...options, time: new TimestampReader(), other }))
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
      fc.constantFrom('either', 'combined', 'common'),
      fc.constantFrom(1, 3, 4096),
      (lines, ending, format, capacity) => {
        const text = lines.join(ending)
        const byKernel = recordsOf(text, { format }, capacity)
        expect(byKernel).toEqual(recordsOf(text, { format, kernel: false }, capacity))
      },
    ),
    { numRuns: 2000 },
  )
})
