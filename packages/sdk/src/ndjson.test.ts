import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { Cell } from './cell.ts'
import { type FieldName, Layout, lineSlot } from './layout.ts'
import { NdjsonEncoder, type NdjsonOptions } from './ndjson.ts'
import type { Record } from './record.ts'
import { batchOf } from './testing/harness.ts'
import { plainRecord } from './testing/plain-record.ts'
import { type AttributeValue, attributeMap } from './value.ts'

const textOf = (batch: LogBatch, options?: NdjsonOptions): string =>
  Buffer.concat(Array.from(new NdjsonEncoder(options).encode(batch), Buffer.from)).toString()

/** The lines that the kernel writes; JavaScript must write the same. */
const linesOf = (batch: LogBatch, options?: NdjsonOptions): string[] => {
  const text = textOf(batch, options)
  expect(text === '' || text.endsWith('\n')).toBe(true)
  expect(textOf(batch, { ...options, kernel: false })).toBe(text)
  return text.split('\n').slice(0, -1)
}

/** What a line must say, by way of the record's public face. */
function expected(record: Record): object {
  const { time, timeRemainder, attributes, ...rest } = plainRecord(record)
  const { severityNumber, severityText, body, traceId, spanId, eventName } = rest
  const iso = time === undefined ? undefined : new Date(time).toISOString()
  const flags = record.batch.value(record.row, record.batch.layout.field('flags'))
  return {
    time: timeRemainder ? iso?.replace('Z', `${String(timeRemainder).padStart(6, '0')}Z`) : iso,
    severityNumber,
    severityText,
    body,
    traceId,
    spanId,
    flags: typeof flags === 'number' ? flags : undefined,
    eventName,
    attributes: Object.keys(attributes).length > 0 ? attributes : undefined,
    resource: Object.keys(record.resource).length > 0 ? record.resource : undefined,
  }
}

const json = (value: unknown) => JSON.stringify(value)

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\t', '\0', '\u001f', '\u007f', 'é', '東', '😀', '\u2028') }),
  fc.string({ unit: 'binary-ascii', minLength: 20, maxLength: 60 }),
)
/** Node 24's JSON.parse now and then reads a key that is one escaped character, such as "\u0000", as a backslash. */
const isReadWell = (key: string) => key.length !== 1 || JSON.stringify(key).length === 3
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', 'url.path', 'toString', '1', '\ud800\ud800'))
  .filter(isReadWell)
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.constantFrom('\ud800', 'x\udc00y'),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 31, -(2 ** 31)),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.dictionary(name, fc.oneof(text, fc.double(), fc.array(text))),
  fc.array(fc.oneof(text, fc.jsonValue() as fc.Arbitrary<AttributeValue>)),
)
const structuredData = fc.oneof(
  fc.constantFrom(
    '[a@1 b="c" d="é\t"][e f=""]',
    '[a b="1"][a b="2"]',
    '[a b="1" b="2"]',
    '[1 2="3"]',
    '[__proto__ x="y"]',
    '[a b="]"]',
  ),
  fc.string({ unit: fc.constantFrom('[a', '[é', ' b="', ' c="', 'x', '"', '"]', ']', '\\', ' ', '1', '=', '\0') }),
)
/** A value in one of the forms in which a batch can hold it. */
const cell = fc.oneof(
  fc.record({ kind: fc.constant(Cell.STRING), text }),
  fc.record({ kind: fc.constant(Cell.ESCAPED), text: text.map((inside) => json(inside).slice(1, -1)) }),
  fc.record({
    kind: fc.constant(Cell.NUMBER),
    text: fc.oneof(
      fc.constantFrom('-0', '1e999', '1.50', '12345678901234567890'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    ),
  }),
  fc.record({
    kind: fc.constant(Cell.JSON),
    text: fc
      .tuple(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(name, fc.jsonValue())), fc.constantFrom('', '\t', '\r\n'))
      .map(([inside, indent]) => JSON.stringify(inside, null, indent)),
  }),
  fc.record({
    kind: fc.constant(Cell.STRUCTURED_DATA),
    text: fc.oneof(structuredData, fc.constantFrom('[a b="\\"c"][d]', '-')),
  }),
  fc.record({ kind: fc.constant(Cell.VALUE), value }),
  fc.constant({ kind: Cell.ABSENT }),
)
const fieldNames: FieldName[] = ['severityText', 'traceId', 'spanId', 'flags', 'eventName']
const row = fc.record({
  line: fc.oneof(text, fc.string({ unit: fc.constantFrom('a', 'b', ' ', '"'), minLength: 30, maxLength: 90 })),
  body: fc.option(cell),
  time: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })),
  remainder: fc.integer({ min: 0, max: 999_999 }),
  severityNumber: fc.integer({ min: 0, max: 24 }),
  fields: fc.dictionary(fc.constantFrom(...fieldNames), cell),
  attributes: fc.dictionary(name, cell, { maxKeys: 6 }),
  /** Parts of the line, in thousandths of it. */
  parts: fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })), { maxLength: 5 }),
})
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never

/** Lays rows out as a columnar parser would: ranges over one buffer, which ends with the last of them. */
function batchFrom(rows: readonly Row[], padding: number): LogBatch {
  const chunks: Buffer[] = []
  let length = 0
  const put = (content: string): number => {
    const bytes = Buffer.from(content)
    chunks.push(bytes)
    length += bytes.length
    return length - bytes.length
  }
  const batch = new LogBatch({ capacity: rows.length, resource: attributeMap([['service.name', 'shop']]) })
  const set = (
    index: number,
    slot: number,
    { kind, ...rest }: { kind: number; text?: string; value?: AttributeValue },
  ) => {
    if (slot >= batch.stride) batch.widen()
    const at = (index * batch.stride + slot) * 2
    if (kind === Cell.VALUE) {
      batch.setValue(index, slot, rest.value ?? null)
    } else if (kind === Cell.ABSENT) {
      batch.cells[at + 1] = Cell.ABSENT
    } else {
      batch.cells[at] = put(rest.text ?? '')
      batch.cells[at + 1] = kind | length
    }
  }
  for (const { line, body, time, remainder, severityNumber, fields, attributes, parts } of rows) {
    const from = put(line)
    const index = batch.addLine(from, length)
    const end = length
    batch.time[index] = time
    if (remainder > 0) batch.remainders()[index] = remainder
    batch.severityNumber[index] = severityNumber
    if (body !== null) set(index, 1, body)
    for (const field of fieldNames) {
      const given = fields[field]
      if (given !== undefined) set(index, batch.layout.addField(field), given)
    }
    for (const [key, given] of Object.entries(attributes)) set(index, batch.layout.addAttribute(key), given)
    for (const [order, [one, other]] of parts.entries()) {
      const slot = batch.layout.addAttribute(`part.${order}`)
      if (slot >= batch.stride) batch.widen()
      const offsets = [one, other].map((share) => from + Math.floor(((end - from) * share) / 1000))
      batch.cells[(index * batch.stride + slot) * 2] = Math.min(...offsets)
      batch.cells[(index * batch.stride + slot) * 2 + 1] = Cell.STRING | Math.max(...offsets)
    }
  }
  put('x'.repeat(padding))
  batch.bytes = Buffer.concat(chunks)
  return batch
}

describe('the NDJSON encoder', () => {
  it('writes what the records say, whatever form their values have', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 3, 100),
        fc.constantFrom(1, 200, 2 ** 20),
        (rows, padding, pieceBytes) => {
          const batch = batchFrom(rows, padding)
          const lines = linesOf(batch, { pieceBytes })
          expect(lines.map((line) => json(JSON.parse(line)))).toEqual(
            Array.from(batch, (record) => json(expected(record))),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('writes the fields in their order and leaves out what is not there', () => {
    const batch = batchOf([
      {
        time: Date.UTC(2026, 10, 24, 14, 13, 19, 123),
        severityNumber: 17,
        body: 'no "way"',
        attributes: { 'url.path': '/', n: 7 },
      },
      {},
    ])
    batch.resource = attributeMap([['service.name', 'shop']])
    batch.scope = { name: 'app', version: '1' }
    batch.observedTime = Date.UTC(2026, 0, 1)
    const tail = '"resource":{"service.name":"shop"},"scope":{"name":"app","version":"1"}}'
    expect(linesOf(batch, { observedTime: true })).toEqual([
      `{"time":"2026-11-24T14:13:19.123Z","observedTime":"2026-01-01T00:00:00.000Z","severityNumber":17,"severityText":"ERROR","body":"no \\"way\\"","attributes":{"url.path":"/","n":7},${tail}`,
      `{"observedTime":"2026-01-01T00:00:00.000Z",${tail}`,
    ])
    expect(linesOf(batchOf([{}]))).toEqual(['{}'])
    expect(linesOf(batchOf([]))).toEqual([])
  })

  it('escapes half a surrogate pair, in a name as in a value', () => {
    expect(linesOf(batchOf([{ body: '\udc00', attributes: { '\ud800': '\ud800' } }]))).toEqual([
      '{"body":"\\udc00","attributes":{"\\ud800":"\\ud800"}}',
    ])
  })

  it('writes nanoseconds where there are some', () => {
    const batch = batchOf([{ time: 1 }, { time: -1 }])
    batch.remainders().set([42, 0])
    expect(linesOf(batch)).toEqual(['{"time":"1970-01-01T00:00:00.001000042Z"}', '{"time":"1969-12-31T23:59:59.999Z"}'])
  })

  it('leaves out a time that no calendar has', () => {
    expect(linesOf(batchOf([{ time: Number.POSITIVE_INFINITY }, { time: 1e300 }]))).toEqual(['{}', '{}'])
  })

  it("gives every record the batch's attributes, unless it has its own", () => {
    const batch = batchOf([{ attributes: { 'log.file.path': 'mine' } }, {}])
    batch.attributes = attributeMap([
      ['log.file.path', '/a'],
      ['host', 'h'],
    ])
    expect(linesOf(batch).map((line) => JSON.parse(line).attributes)).toEqual([
      { 'log.file.path': 'mine', host: 'h' },
      { 'log.file.path': '/a', host: 'h' },
    ])
  })

  it('writes the selected records alone', () => {
    expect(linesOf(batchOf(['a', 'b', 'c']).select(Uint32Array.of(0, 2)))).toEqual(['{"body":"a"}', '{"body":"c"}'])
  })

  it('replaces bytes that are no UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const batch = new LogBatch({ capacity: 1 })
        batch.bytes = Buffer.from(bytes)
        batch.addLine(0, bytes.length)
        expect(linesOf(batch).map((line) => JSON.parse(line).body)).toEqual([batch.line(0)])
      }),
    )
  })

  it('escapes parts of a line that has more to escape than it remembers', () => {
    const batch = new LogBatch({ capacity: 1, layout: Layout.of('end') })
    batch.bytes = Buffer.from('"'.repeat(200))
    batch.addLine(0, 200)
    batch.cells.set([190, Cell.STRING | 200], 4)
    expect(linesOf(batch).map((line) => JSON.parse(line).attributes.end)).toEqual(['"'.repeat(10)])
  })

  it.each([true, false])(
    'cuts pieces at the end of a line, and keeps its memory when one is long (kernel: %s)',
    (kernel) => {
      const encoder = new NdjsonEncoder({ pieceBytes: 1000, kernel })
      const [before] = encoder.encode(batchOf(['z']))
      const memory = before?.buffer.byteLength ?? 0
      const long = '\u0001'.repeat(300_000)
      const lengths = Array.from(encoder.encode(batchOf([...Array(50).fill('y'.repeat(100)), long, 'z'])), (piece) => {
        expect(piece.at(-1)).toBe(10)
        return piece.length
      })
      expect(lengths.filter((length) => length > 1200)).toEqual([
        expect.toSatisfy((length: number) => length > 1_800_000 && length < 1_802_000),
      ])
      const [after] = encoder.encode(batchOf(['z']))
      expect(after?.buffer.byteLength).toBeLessThan(memory + 200_000)
    },
  )

  it('encodes megabytes of lines, whole or selected, the same by the kernel and in JavaScript', () => {
    const lines = Array.from({ length: 12_000 }, (_, index) => `${index} "quoted" é\t${'x'.repeat(index % 300)} -`)
    const batch = new LogBatch({
      capacity: lines.length,
      layout: Layout.of('first', 'text', 'number', 'flag', 'other'),
    })
    batch.bytes = Buffer.from(`${'?'.repeat(5000)}${lines.join('\n')}\n`)
    let at = 5000
    for (const [index, line] of lines.entries()) {
      const end = at + Buffer.byteLength(line)
      const row = batch.addLine(at, end)
      batch.time[row] = Date.UTC(2026, 1, 28, 23, 59, 50) + index * 7
      batch.severityNumber[row] = index % 25
      const cells = [at, at + 2, at + 3, end, index * 1e5, Cell.INTEGER, index % 2, Cell.BOOLEAN, 0, Cell.NULL]
      batch.cells.set(cells, (row * batch.stride + 2) * 2)
      if (index % 100 === 0) batch.setValue(row, batch.layout.attribute('other'), ['for', { JavaScript: index }])
      at = end + 1
    }
    for (const view of [batch, batch.filter((record) => record.row % 3 !== 0)]) {
      const parsed = linesOf(view).map((line) => json(JSON.parse(line)))
      expect(parsed).toEqual(Array.from(view, (record) => json(expected(record))))
    }
  })

  it('serves batches that take turns, of layouts that grow', () => {
    const encoder = new NdjsonEncoder({ pieceBytes: 1 })
    const layout = new Layout()
    const [first, second] = ['first', 'second'].map((path) => {
      const batch = new LogBatch({ layout, capacity: 2, attributes: attributeMap([['log.file.path', path]]) })
      for (const body of ['a', 'b']) batch.append().attributes.set(`only.${path}`, body)
      return encoder.encode(batch)
    })
    const next = (pieces: typeof first) => JSON.parse(String(pieces?.next().value)).attributes
    expect([next(first), next(second), next(first), next(second)]).toEqual([
      { 'only.first': 'a', 'log.file.path': 'first' },
      { 'only.second': 'a', 'log.file.path': 'second' },
      { 'only.first': 'b', 'log.file.path': 'first' },
      { 'only.second': 'b', 'log.file.path': 'second' },
    ])
  })

  it('has other names for members, and one of its own for a body that is no text', () => {
    const names = {
      ...{ observedTime: 'observed', severityNumber: 'level', severityText: 'severity', body: 'body.text' },
      ...{ bodyValue: 'body.value', traceId: 'trace_id', attributes: 'tags', resource: 'from', scope: 'by' },
    }
    const batch = new LogBatch({ capacity: 2, observedTime: 0, resource: { host: 'a' }, scope: { name: 's' } })
    const first = batch.append()
    first.time = 0
    first.severityNumber = 9
    first.body = 'text'
    first.traceId = 'aa'
    first.attributes.set('k', 1)
    const shared = `"from":{"host":"a"},"by":{"name":"s"}}`
    const line = `{"time":"1970-01-01T00:00:00.000Z","observed":"1970-01-01T00:00:00.000Z","level":9,"severity":"INFO","body.text":"text","trace_id":"aa","tags":{"k":1},${shared}`
    expect(linesOf(batch, { names, observedTime: true })).toEqual([line])
    batch.append().body = { a: 1 }
    expect(linesOf(batch, { names, observedTime: true })).toEqual([
      line,
      `{"observed":"1970-01-01T00:00:00.000Z","body.value":{"a":1},${shared}`,
    ])
  })

  it('forgets one buffer when the next batch brings the same one with other bytes', () => {
    const encoder = new NdjsonEncoder()
    const bytes = Buffer.from('plain')
    const encode = () => {
      const batch = new LogBatch({ capacity: 1 })
      batch.bytes = bytes
      const line = batch.addLine(0, 5)
      expect(line).toBe(lineSlot)
      return Array.from(encoder.encode(batch), String)
    }
    expect(encode()).toEqual(['{"body":"plain"}\n'])
    bytes.write('"\\"\n\0')
    expect(encode()).toEqual(['{"body":"\\"\\\\\\"\\n\\u0000"}\n'])
  })
})
