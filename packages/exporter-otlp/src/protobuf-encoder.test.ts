import { Buffer } from 'node:buffer'
import { bodySlot, Cell, Layout, LogBatch, lineSlot } from '@weir/sdk'
import { plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Programs } from '../../receiver-otlp/src/attribute-keys.ts'
import { decoded } from '../../receiver-otlp/src/definitions.fixture.ts'
import { JsonRequest } from '../../receiver-otlp/src/json-request.ts'
import { ProtobufRequest } from '../../receiver-otlp/src/protobuf-request.ts'
import { anyBatch } from './any-batch.fixture.ts'
import { encodeJson } from './json-encoder.ts'
import { ProtobufEncoder } from './protobuf-encoder.ts'

const encoder = new ProtobufEncoder()
const whole = (batch: LogBatch) => encoder.encode(batch, 0, batch.length)
const arrival = () => ({ componentId: 'otlp', time: 0, programs: new Programs() })

/** What a receiver makes of a request. */
function received(request: ProtobufRequest | JsonRequest) {
  const batches = [...request.batches()]
  return {
    records: batches.flatMap(plainRecords),
    flags: batches.flatMap((batch) => Array.from(batch, ({ flags }) => flags)),
    origins: batches.map(({ resource, scope }) => ({ resource: { ...resource }, scope: scope && { ...scope } })),
  }
}

const sent = (batch: LogBatch) => ({
  records: plainRecords(batch),
  flags: Array.from(batch, ({ flags }) => flags),
  origins: batch.length === 0 ? [] : [{ resource: { ...batch.resource }, scope: batch.scope && { ...batch.scope } }],
})

describe('a batch', () => {
  it('is the same when a receiver has decoded it', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        expect(received(new ProtobufRequest(whole(batch), arrival()))).toEqual(sent(batch))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same by way of JSON', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        expect(received(new JsonRequest(encodeJson(batch, 0, batch.length), arrival()))).toEqual(sent(batch))
      }),
      { numRuns: 500 },
    )
  })

  it('is read alike by another implementation of protobuf', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        const { resourceLogs = [] } = decoded('ExportLogsServiceRequest', whole(batch))
        const [{ resource, scopeLogs }] = resourceLogs
        const [{ scope, logRecords = [] }] = scopeLogs
        expect(fieldsOf(resource?.attributes)).toEqual({ ...batch.resource })
        expect(scope?.name).toBe(batch.scope?.name)
        const records = logRecords.map(recordOf)
        expect(records).toEqual(plainRecords(batch).map(({ severityText: _, ...record }) => record))
      }),
      { numRuns: 300 },
    )
  })

  it('is encoded in parts, and as the rows that count', () => {
    const batch = new LogBatch({ capacity: 10 })
    for (let index = 0; index < 10; index++) batch.append().body = index
    const odd = batch.filter(({ body }) => Number(body) % 2 === 1)
    const part = received(new ProtobufRequest(encoder.encode(odd, 1, 4), arrival()))
    expect(part.records.map(({ body }) => body)).toEqual([3, 5, 7])
    expect(odd.length).toBe(5)
  })
})

describe('a cell', () => {
  const bytes = Buffer.from('a text ✓"say \\"hi\\""-9007199254740993 1.5e3 [1,{"a":null}] 92233720368547758089')
  const range = (text: string) => {
    const start = bytes.indexOf(text)
    return [start, start + Buffer.byteLength(text)] as const
  }

  it('of any kind becomes the value that it stands for', () => {
    const layout = Layout.of('text', 'escaped', 'exact', 'number', 'json', 'int', 'bool', 'null', 'huge', 'absent')
    const batch = new LogBatch({ capacity: 1, layout })
    batch.bytes = bytes
    const row = batch.addRow()
    const set = (name: string, kind: number, text: string) => {
      const [start, end] = range(text)
      batch.cells.set([start, kind | end], layout.attribute(name) * 2)
    }
    set('text', Cell.STRING, 'a text ✓')
    set('escaped', Cell.ESCAPED, 'say \\"hi\\"')
    set('exact', Cell.NUMBER, '-9007199254740993')
    set('number', Cell.NUMBER, '1.5e3')
    set('json', Cell.JSON, '[1,{"a":null}]')
    set('huge', Cell.NUMBER, '92233720368547758089')
    batch.setValue(row, layout.attribute('int'), -7)
    batch.setValue(row, layout.attribute('bool'), true)
    batch.setValue(row, layout.attribute('null'), null)
    const { resourceLogs } = decoded('ExportLogsServiceRequest', whole(batch))
    const attributes: { key: string; value: object }[] = resourceLogs[0].scopeLogs[0].logRecords[0].attributes
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value]))).toEqual({
      text: { stringValue: 'a text ✓' },
      escaped: { stringValue: 'say "hi"' },
      exact: { intValue: '-9007199254740993' },
      number: { intValue: '1500' },
      json: {
        arrayValue: { values: [{ intValue: '1' }, { kvlistValue: { values: [{ key: 'a', value: {} }] } }] },
      },
      int: { intValue: '-7' },
      bool: { boolValue: true },
      null: {},
      huge: { doubleValue: Number('92233720368547758089') },
    })
  })

  it('of the batch counts where the record has none of its own', () => {
    const batch = new LogBatch({ capacity: 2, attributes: { shared: 'batch', other: 1 }, layout: Layout.of('shared') })
    batch.append().attributes.set('shared', 'own')
    batch.append().body = 'x'
    const { records } = received(new ProtobufRequest(whole(batch), arrival()))
    expect(records.map(({ attributes }) => attributes)).toEqual([
      { shared: 'own', other: 1 },
      { shared: 'batch', other: 1 },
    ])
  })

  it('of a column that came later is none', () => {
    const layout = Layout.of('a')
    const batch = new LogBatch({ capacity: 1, layout })
    batch.append().attributes.set('a', 1)
    layout.addAttribute('b')
    layout.addField('traceId')
    layout.addField('eventName')
    expect(received(new ProtobufRequest(whole(batch), arrival())).records).toEqual([{ attributes: { a: 1 } }])
  })

  it('of an id is read from its digits, if they are some', () => {
    const batch = new LogBatch({ capacity: 2 })
    batch.bytes = Buffer.from('0123456789abcdefFEDCBA9876543210 0123456789abcdeg')
    const slots = { trace: batch.layout.addField('traceId'), span: batch.layout.addField('spanId') }
    batch.widen()
    const row = batch.addRow()
    const set = (slot: number, from: number, to: number) =>
      batch.cells.set([from, Cell.STRING | to], (row * batch.stride + slot) * 2)
    set(slots.trace, 0, 32)
    set(slots.span, 33, 49)
    const { records } = received(new ProtobufRequest(whole(batch), arrival()))
    expect(records).toEqual([{ traceId: '0123456789abcdeffedcba9876543210', attributes: {} }])
  })

  it('of the line is not sent beside the body', () => {
    const batch = new LogBatch({ capacity: 1 })
    batch.bytes = Buffer.from('the line')
    batch.addLine(0, 8)
    expect(batch.value(0, lineSlot)).toBe(batch.value(0, bodySlot))
    expect(received(new ProtobufRequest(whole(batch), arrival())).records).toEqual([
      { body: 'the line', attributes: {} },
    ])
  })
})

describe('what OTLP has no place for', () => {
  it('is left out: times before 1970, ids that are none', () => {
    const batch = new LogBatch({ capacity: 1 })
    const record = batch.append()
    record.time = -1
    record.traceId = 'no id'
    record.spanId = 'zzzzzzzzzzzzzzzz'
    for (const request of [
      new ProtobufRequest(whole(batch), arrival()),
      new JsonRequest(encodeJson(batch, 0, 1), arrival()),
    ])
      expect(received(request).records).toEqual([{ attributes: {} }])
  })

  it('is cut: values that are nested without end', () => {
    const batch = new LogBatch({ capacity: 1 })
    let value: unknown[] = []
    for (let depth = 0; depth < 100; depth++) value = [value]
    batch.append().body = JSON.parse(JSON.stringify(value))
    expect(received(new ProtobufRequest(whole(batch), arrival())).records).toHaveLength(1)
    expect(received(new JsonRequest(encodeJson(batch, 0, 1), arrival())).records).toHaveLength(1)
  })

  it('is told as the time of observation: a time that is not known', () => {
    const batch = new LogBatch({ capacity: 1, observedTime: 1_764_000_000_123 })
    batch.append().body = 'x'
    for (const request of [
      new ProtobufRequest(whole(batch), arrival()),
      new JsonRequest(encodeJson(batch, 0, 1), arrival()),
    ])
      expect(received(request).records).toEqual([{ body: 'x', time: 1_764_000_000_123, attributes: {} }])
  })
})

interface Any {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly Any[] }
  readonly kvlistValue?: { readonly values?: readonly Pair[] }
}

interface Pair {
  /** Left out when it is empty. */
  readonly key?: string
  readonly value: Any
}

function valueIn(any: Any): unknown {
  if (any.intValue !== undefined) return Number(any.intValue)
  if (any.arrayValue !== undefined) return (any.arrayValue.values ?? []).map(valueIn)
  if (any.kvlistValue !== undefined) return fieldsOf(any.kvlistValue.values)
  return any.stringValue ?? any.boolValue ?? any.doubleValue ?? null
}

const fieldsOf = (pairs: readonly Pair[] = []) =>
  Object.fromEntries(pairs.map(({ key = '', value }) => [key, valueIn(value)]))

function recordOf(record: { [name: string]: string & number & Any & Pair[] }) {
  const nanoseconds = BigInt(record.timeUnixNano ?? 0)
  const remainder = Number(nanoseconds % 1_000_000n)
  const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex')
  return {
    ...(nanoseconds === 0n ? {} : { time: Number(nanoseconds / 1_000_000n) }),
    ...(remainder === 0 ? {} : { timeRemainder: remainder }),
    ...(record.severityNumber === undefined ? {} : { severityNumber: record.severityNumber }),
    ...(record.body === undefined ? {} : { body: valueIn(record.body) }),
    ...(record.traceId === undefined ? {} : { traceId: hex(record.traceId) }),
    ...(record.spanId === undefined ? {} : { spanId: hex(record.spanId) }),
    ...(record.eventName === undefined ? {} : { eventName: record.eventName }),
    attributes: fieldsOf(record.attributes),
  }
}
