import { Buffer } from 'node:buffer'
import { type Definition, LogBatch, type Parser } from '@weir/sdk'
import { createComponent, plainRecords } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { json } from './json.ts'
import { nginx } from './nginx.ts'
import { syslog } from './syslog.ts'

const pageBytes = 16 * 1024 * 1024
const lines = {
  json: '{"time":"2026-11-24T13:55:36Z","level":"warn","msg":"a \\"b\\"","n":1,"o":{"p":[]}}',
  nginx: '192.0.2.1 - - [24/Nov/2026:13:55:36 +0000] "GET /a?b HTTP/1.1" 404 99999999999 "-" "x"',
  syslog: '<13>1 2026-11-24T13:55:36.123456Z h a 7 m [x y="z"] hello',
}
const formats: [name: keyof typeof lines, definition: Definition<'parser', Parser>][] = [
  ['json', json],
  ['nginx', nginx],
  ['syslog', syslog],
]

function parse(definition: Definition<'parser', Parser>, bytes: Buffer, from: number, to: number) {
  const parser = createComponent(definition)
  const batches: LogBatch[] = []
  for (let at = from; at < to; ) {
    const batch = new LogBatch({ capacity: 16 })
    batch.bytes = bytes
    const reached = parser.parseBatch?.(bytes, at, to, batch) ?? at
    expect(reached).toBeGreaterThan(at)
    at = reached
    batches.push(batch)
  }
  return { records: batches.flatMap(plainRecords), failures: batches.flatMap(({ failures }) => failures).length }
}

describe('the page', () => {
  it.each(formats)('does not show in records of %s that stand beyond its end', (name, definition) => {
    const text = `${lines[name]}\r\n\nno line of this format\n${lines[name]}`
    const expected = parse(definition, Buffer.from(text), 0, Buffer.byteLength(text))
    expect(expected.failures).toBe(1)
    for (const start of [pageBytes - 30, pageBytes, pageBytes + 12_345]) {
      const bytes = Buffer.alloc(start + Buffer.byteLength(text) + 10, 'x')
      bytes.write(text, start)
      expect(parse(definition, bytes, start, start + Buffer.byteLength(text))).toEqual(expected)
    }
  })

  it.each(formats)('lets through a line that it has no room for as it is, and the next of %s', (name, definition) => {
    const bytes = Buffer.alloc(pageBytes + 200, 'x')
    const start = pageBytes + 20
    bytes[start - 1] = 10
    const size = bytes.write(`${lines[name]}\n`, start)
    const { records, failures } = parse(definition, bytes, 0, start + size)
    expect(failures).toBe(1)
    expect(records).toHaveLength(2)
    expect(records[0]?.attributes).toEqual({})
    expect(records[1]).toEqual(
      parse(definition, Buffer.from(lines[name]), 0, Buffer.byteLength(lines[name])).records[0],
    )
  })
})
