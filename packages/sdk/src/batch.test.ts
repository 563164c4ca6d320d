import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { Cell } from './cell.ts'
import { Layout } from './layout.ts'
import { plainRecords } from './testing/plain-record.ts'
import type { AttributeValue } from './value.ts'

function batchOfLines(text: string, layout = new Layout()): LogBatch {
  const batch = new LogBatch({ layout })
  batch.bytes = Buffer.from(text)
  for (let from = 0; from < batch.bytes.length; ) {
    const end = batch.bytes.indexOf(10, from)
    batch.addLine(from, end)
    from = end + 1
  }
  return batch
}

describe('a batch', () => {
  it('shows its lines as records whose body is the line', () => {
    expect(plainRecords(batchOfLines('one\nzwei €\n'))).toEqual([
      { body: 'one', attributes: {} },
      { body: 'zwei €', attributes: {} },
    ])
  })

  it('gives back every kind of value that was set, and nothing where nothing was', () => {
    const values: AttributeValue[] = [
      'text',
      '',
      0,
      -1,
      1.5,
      2 ** 31,
      -0,
      Number.MAX_SAFE_INTEGER,
      true,
      false,
      null,
      [1, 'a'],
      { a: { b: 1 } },
    ]
    const batch = new LogBatch()
    for (const value of values) batch.append().attributes.set('value', value)
    batch.append()
    expect(Array.from(batch, (record) => record.attributes.get('value'))).toEqual([...values, undefined])
  })

  it('reads ranges of its bytes by their kind', () => {
    const batch = new LogBatch({ layout: Layout.of('a', 'b', 'c', 'd', 'e') })
    batch.bytes = Buffer.from('plain say \\"hi\\" 12.5 {"x":[1]} [id x="y"]')
    const at = batch.addLine(0, batch.bytes.length) * batch.stride * 2
    const set = (slot: number, from: number, to: number, kind: number) => {
      batch.cells[at + slot * 2] = from
      batch.cells[at + slot * 2 + 1] = kind | to
    }
    set(2, 0, 5, Cell.STRING)
    set(3, 6, 16, Cell.ESCAPED)
    set(4, 17, 21, Cell.NUMBER)
    set(5, 22, 31, Cell.JSON)
    set(6, 32, 42, Cell.STRUCTURED_DATA)
    expect(plainRecords(batch)[0]?.attributes).toEqual({
      a: 'plain',
      b: 'say "hi"',
      c: 12.5,
      d: { x: [1] },
      e: { id: { x: 'y' } },
    })
  })

  it('keeps what rows had when a later row brings a new attribute', () => {
    const batch = new LogBatch()
    for (let index = 0; index < 50; index++) batch.append().attributes.set(`name${index}`, index)
    expect(plainRecords(batch).map(({ attributes }) => attributes)).toEqual(
      Array.from({ length: 50 }, (_, index) => ({ [`name${index}`]: index })),
    )
  })

  it('begins no further row once it has very many columns, and starts afresh after a reset', () => {
    const batch = new LogBatch()
    const record = batch.append()
    for (let index = 0; index < 1000; index++) record.attributes.set(`key${index}`, index)
    expect(batch.isFull).toBe(true)
    expect(record.attributes.get('key999')).toBe(999)
    expect(batch.reset().layout.size).toBe(2)
    expect(batch.isFull).toBe(false)
  })

  it('falls back to the attributes of the whole batch', () => {
    const batch = new LogBatch({ attributes: { 'log.file.path': '/a', env: 'x' } })
    batch.append().attributes.set('env', 'own')
    expect(plainRecords(batch)[0]?.attributes).toEqual({ env: 'own', 'log.file.path': '/a' })
  })

  it('takes keys from outside as data', () => {
    const batch = new LogBatch()
    const { attributes } = batch.append()
    attributes.set('__proto__', 'data').set('constructor', 1)
    expect(attributes.get('__proto__')).toBe('data')
    expect(attributes.get('toString')).toBeUndefined()
    expect(Object.keys(attributes.toMap())).toEqual(['__proto__', 'constructor'])
  })
})

describe('a selection', () => {
  it('leaves out records without touching the batch', () => {
    const batch = batchOfLines('a\nb\nc\n')
    const kept = batch.filter((record) => record.body !== 'b')
    expect([kept.length, batch.length]).toEqual([2, 3])
    expect(kept.filter((record) => record.body === 'c').rowAt(0)).toBe(2)
  })

  it('is the batch itself when all are kept', () => {
    const batch = batchOfLines('a\n')
    expect(batch.filter(() => true)).toBe(batch)
  })
})

describe('a copy', () => {
  it('can be changed without the original noticing', () => {
    const batch = batchOfLines('a\nb\n')
    const copy = batch.copy()
    copy.forEach((record) => {
      record.body = 'changed'
      record.severityNumber = 17
      record.attributes.set('new', 1)
    })
    expect(plainRecords(batch)).toEqual([
      { body: 'a', attributes: {} },
      { body: 'b', attributes: {} },
    ])
    expect(plainRecords(copy)[1]).toEqual({
      body: 'changed',
      severityNumber: 17,
      severityText: 'ERROR',
      attributes: { new: 1 },
    })
  })
})

describe('a row that failed', () => {
  it('keeps its line as body and nothing else', () => {
    const batch = batchOfLines('a\n')
    batch.forEach((record) => {
      record.attributes.set('x', 1)
      record.time = 5
      record.timeRemainder = 6
      record.body = 'other'
    })
    batch.fail(0)
    expect(plainRecords(batch)).toEqual([{ body: 'a', attributes: {} }])
    expect(batch.failures).toEqual([0])
  })
})

describe('a reset batch', () => {
  it('has no trace of what was in it', () => {
    const batch = batchOfLines('a\nb\n')
    batch.forEach((record) => {
      record.attributes.set('x', 'y')
      record.timeRemainder = 7
      record.traceId = 'abc'
    })
    batch.reset()
    batch.append()
    expect(plainRecords(batch)).toEqual([{ attributes: {} }])
  })
})
