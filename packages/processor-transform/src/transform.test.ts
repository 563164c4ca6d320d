import { createHash, createHmac } from 'node:crypto'
import { type AttributeValue, fieldReader, type Parser, type Record } from '@weir/sdk'
import { batchOf, createComponent, harness, plainRecords, processorContract, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import transform from './index.ts'

/** In place of core's compilers: a literal in JSON, or a path; for conditions, a path that is there. */
const value = (text: string) => (/^["\d]/.test(text) ? () => JSON.parse(text) : fieldReader(text))
const pairs: Parser = {
  parse(line, record) {
    if (!line.includes('=')) return false
    for (const pair of line.split(' ')) {
      const [key = '', text = ''] = pair.split('=')
      if (key === 'msg') record.body = text
      else record.attributes.set(key, text)
    }
    record.severityNumber = line.includes('oops') ? 17 : 0
    return true
  },
}
const overrides = {
  expressions: { compile: value },
  conditions: { compile: (text: string) => (record: Record) => value(text)(record) !== undefined },
  parsers: { types: () => [], create: () => pairs },
}
const services = () => testServices({ overrides })

interface Given {
  body?: AttributeValue
  attributes?: { [name: string]: AttributeValue }
}
const one = async (steps: object[], given: Given, config: object = {}) => {
  const { records } = await harness(transform, { config: { steps, ...config }, services: services() }).feed([given])
  return { body: records[0]?.body, attributes: records[0]?.attributes, severity: records[0]?.severityNumber }
}
const attributesAfter = async (step: object, attributes: { [name: string]: AttributeValue }) =>
  (await one([step], { attributes })).attributes

const inputs = [{ body: 'a=1 msg=hi', attributes: { ip: '10.0.0.1', 'a.b': 1 } }, { body: 'nothing' }]
const everything = {
  steps: [
    { set: 'attributes.env', value: '"prod"' },
    { rename: 'attributes.ip', to: 'attributes.client.address' },
    { hash: 'attributes.client.address' },
    { parse: 'body', parser: 'pairs' },
    { truncate: 'body', max_size: 4 },
    { upper: 'body' },
    { convert: 'attributes.a.b', type: 'string' },
    { delete: 'attributes.a.b', where: 'attributes.a' },
  ],
}
for (const { name, run } of processorContract(transform, { inputs, config: everything, services: { overrides } }))
  it(`contract: ${name}`, run)

describe('transform', () => {
  it('makes its steps one after the other', async () => {
    const steps = [
      { set: 'attributes.b', value: 'attributes.a' },
      { rename: 'attributes.b', to: 'attributes.c' },
      { upper: 'attributes.c' },
    ]
    expect((await one(steps, { attributes: { a: 'x' } })).attributes).toEqual({ a: 'x', c: 'X' })
  })

  it('leaves a field as it is where the value cannot be computed', async () => {
    const step = { set: 'attributes.a', value: 'attributes.nope' }
    expect(await attributesAfter(step, { a: 1 })).toEqual({ a: 1 })
  })

  it('leaves records alone that do not meet the condition of a step', async () => {
    const steps = [{ set: 'attributes.b', value: '1', where: 'attributes.a' }]
    expect((await one(steps, { attributes: { a: 0 } })).attributes).toEqual({ a: 0, b: 1 })
    expect((await one(steps, { attributes: { x: 0 } })).attributes).toEqual({ x: 0 })
  })

  it.each([
    ['a flat name', 'attributes.a', 'attributes.b.c', { a: { x: 1 } }, { 'b.c': { x: 1 } }],
    ['a place in a map', 'attributes.user.id', 'attributes.id', { user: { id: 1, n: 2 } }, { user: { n: 2 }, id: 1 }],
    ['nothing', 'attributes.nope', 'attributes.id', { a: 1 }, { a: 1 }],
  ])('renames %s', async (_, rename, to, before, after) => {
    expect(await attributesAfter({ rename, to }, before)).toEqual(after)
  })

  it('renames what the whole batch has', async () => {
    const batch = batchOf(['x'])
    batch.attributes = { 'log.file.path': '/a' }
    const steps = [{ rename: 'attributes.log.file.path', to: 'attributes.path' }]
    const result = await createComponent(transform, { steps }, services()).process(batch)
    expect(result && plainRecords(result)[0]?.attributes).toEqual({ path: '/a' })
  })

  it('moves the body and attributes into each other', async () => {
    const steps = [
      { rename: 'body', to: 'attributes.raw' },
      { rename: 'attributes.m', to: 'body' },
    ]
    expect(await one(steps, { body: 'x', attributes: { m: 'y' } })).toMatchObject({
      body: 'y',
      attributes: { raw: 'x' },
    })
  })

  it('parses a field onto the record, and keeps what the text does not tell', async () => {
    const steps = [{ parse: 'body', parser: 'pairs' }]
    expect(await one(steps, { body: 'a=1 msg=oops', attributes: { b: 2 } })).toEqual({
      body: 'oops',
      attributes: { a: '1', b: 2 },
      severity: 17,
    })
  })

  it('parses a field into another, and leaves the record when the text is not of the format, counted', async () => {
    const steps = [{ parse: 'attributes.q', parser: 'pairs', to: 'attributes.found' }]
    expect((await one(steps, { attributes: { q: 'a=1' } })).attributes).toEqual({ q: 'a=1', found: { a: '1' } })
    const given = services()
    await harness(transform, { config: { steps }, services: given }).feed([{ attributes: { q: 'no' } }])
    expect(given.meter.total('weir_transform_parse_failures')).toBe(1)
  })

  it('hashes any value by SHA-256, with a key by an HMAC', async () => {
    const step = { hash: 'attributes.ip' }
    expect(await attributesAfter(step, { ip: '10.0.0.1' })).toEqual({
      ip: createHash('sha256').update('10.0.0.1').digest('hex'),
    })
    expect((await one([step], { attributes: { ip: 7 } }, { hash_key: 'k' })).attributes).toEqual({
      ip: createHmac('sha256', 'k').update('7').digest('hex'),
    })
  })

  it('cuts texts between two characters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.nat(20), async (text, max_size) => {
        const { body } = await one([{ truncate: 'body', max_size }], { body: text.toWellFormed() })
        expect(text.toWellFormed().startsWith(String(body))).toBe(true)
        expect(Buffer.byteLength(String(body))).toBeLessThanOrEqual(max_size)
        expect(Buffer.byteLength(String(body))).toBeGreaterThan(Math.min(max_size, Buffer.byteLength(text)) - 4)
      }),
    )
  })

  it('cuts a body that is a range of the bytes as it came', () => {
    const batch = batchOf([''])
    batch.reset()
    batch.bytes = Buffer.from('aä€x')
    batch.addLine(0, batch.bytes.length)
    void createComponent(transform, { steps: [{ truncate: 'body', max_size: 5 }] }, services()).process(batch)
    expect(batch.body(0)).toBe('aä')
  })

  it.each([
    ['int', '12.7', 12],
    ['int', 'x', 'x'],
    ['double', '1e3', 1000],
    ['double', true, 1],
    ['double', '', ''],
    ['string', 5, '5'],
    ['string', { a: 1 }, '{"a":1}'],
    ['bool', 'TRUE', true],
    ['bool', 0, false],
    ['bool', 'maybe', 'maybe'],
  ])('converts to %s: %j', async (type, before, after) => {
    expect(await attributesAfter({ convert: 'attributes.v', type }, { v: before })).toEqual({ v: after })
  })

  it('splits texts, and changes their case', async () => {
    expect(await attributesAfter({ split: 'attributes.t', separator: ',' }, { t: 'a,b' })).toEqual({ t: ['a', 'b'] })
    expect(await attributesAfter({ lower: 'attributes.t' }, { t: 'ÄB' })).toEqual({ t: 'äb' })
  })
})

it('says that "to" is of no use to a step', () => {
  const steps = [{ delete: 'attributes.a' }, { lower: 'attributes.b', to: 'attributes.c' }]
  expect(() => createComponent(transform, { steps }, services())).toThrow(
    expect.objectContaining({ code: 'WEIR_TRANSFORM_STEP', configPath: ['steps', 1, 'to'] }),
  )
})
