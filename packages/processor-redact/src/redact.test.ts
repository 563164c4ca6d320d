import { createHash, createHmac } from 'node:crypto'
import { type AttributeValue, Cell, Layout, LogBatch } from '@weir/sdk'
import { createComponent, harness, plainRecords, processorContract, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import redact from './index.ts'

const card = '4111111111111111'
const inputs = [
  { body: `paid with ${card}`, attributes: { user: 'joe@example.com', n: 5, nested: { key: [card] } } },
  { body: { mail: 'joe@example.com' } },
  'nothing here',
]
for (const { name, run } of processorContract(redact, { inputs })) it(`contract: ${name}`, run)

const one = async (body: AttributeValue, attributes: { [name: string]: AttributeValue } = {}, config: object = {}) => {
  const { records } = await harness(redact, { config }).feed([{ body, attributes }])
  return { body: records[0]?.body, attributes: records[0]?.attributes }
}

/** A record as a parser for speed makes it: line, body and attributes are ranges of the bytes. */
async function ofLine(line: string, ranges: { [name: string]: [text: string, kind?: number] }, config: object = {}) {
  const layout = Layout.of(...Object.keys(ranges))
  const batch = new LogBatch({ layout, capacity: 1 })
  batch.bytes = Buffer.from(`${line}\n`)
  const row = batch.addLine(0, batch.bytes.length - 1)
  for (const [name, [text, kind = Cell.STRING]] of Object.entries(ranges)) {
    const start = batch.bytes.indexOf(text)
    const at = (row * batch.stride + layout.attribute(name)) * 2
    batch.cells[at] = start
    batch.cells[at + 1] = kind | (start + Buffer.byteLength(text))
  }
  const result = await createComponent(redact, config).process(batch)
  const [record] = result === null ? [] : plainRecords(result)
  return { body: record?.body, attributes: record?.attributes, line: result?.line(0) }
}

describe('redact', () => {
  it('replaces what it finds in the body and in attributes, however deep', async () => {
    expect(await one(`mail joe@example.com, card ${card}`, { nested: { list: ['x', card] }, n: 1 })).toEqual({
      body: 'mail [email], card [credit_card]',
      attributes: { nested: { list: ['x', '[credit_card]'] }, n: 1 },
    })
  })

  it('looks for addresses when it is told to', async () => {
    expect((await one('from 10.0.0.1')).body).toBe('from 10.0.0.1')
    expect((await one('from 10.0.0.1', {}, { kinds: ['ip_address'] })).body).toBe('from [ip_address]')
  })

  it('hashes, with a key if there is one, or removes', async () => {
    const sha = createHash('sha256').update(card).digest('hex')
    const hmac = createHmac('sha256', 'k').update(card).digest('hex')
    expect((await one(`<${card}>`, {}, { action: 'hash' })).body).toBe(`<${sha}>`)
    expect((await one(`<${card}>`, {}, { action: 'hash', hash_key: 'k' })).body).toBe(`<${hmac}>`)
    expect((await one(`<${card}>`, {}, { action: 'remove' })).body).toBe('<>')
    expect((await one(`<${card}>`, {}, { replacement: '***' })).body).toBe('<***>')
  })

  it('redacts texts that a pattern matches, each of them', async () => {
    const config = { blocked_values: ['EMP-\\d+', '^secret'] }
    expect((await one('secret secret EMP-1 EMP-22', { a: 'EMP-3' }, config)).body).toBe(
      '[pattern] secret [pattern] [pattern]',
    )
  })

  it('redacts the whole value of a blocked key, in the body too, and removes it with action remove', async () => {
    const config = { blocked_key_patterns: ['^(password|token)$'] }
    const attributes = { password: 'hunter2', user: { token: [1], name: 'x' } }
    expect(await one({ password: 5 }, attributes, config)).toEqual({
      body: { password: '[key]' },
      attributes: { password: '[key]', user: { token: '[key]', name: 'x' } },
    })
    expect(await one('', attributes, { ...config, action: 'remove' })).toEqual({
      body: '',
      attributes: { user: { name: 'x' } },
    })
  })

  it('leaves ignored attributes and fields that it is not to look at', async () => {
    expect(await one(card, { id: card, other: card }, { ignored_keys: ['id'] })).toEqual({
      body: '[credit_card]',
      attributes: { id: card, other: '[credit_card]' },
    })
    expect(await one(card, { other: card }, { fields: ['attributes'] })).toEqual({
      body: card,
      attributes: { other: '[credit_card]' },
    })
  })

  it('redacts numbers of cards that are numbers', async () => {
    expect((await one('', { card: Number(card), time: 1_764_000_000_000 })).attributes).toEqual({
      card: '[credit_card]',
      time: 1_764_000_000_000,
    })
  })

  it('redacts attributes that the whole batch has', async () => {
    const batch = new LogBatch({ attributes: { owner: 'joe@example.com' }, capacity: 1 })
    batch.append().body = 'x'
    const result = await createComponent(redact).process(batch)
    expect(result && plainRecords(result)[0]?.attributes).toEqual({ owner: '[email]' })
  })

  it('counts what it has redacted', async () => {
    const services = testServices()
    await harness(redact, { services }).feed(inputs)
    expect(services.meter.total('weir_redact_redactions')).toBe(4)
  })

  it('redacts ranges of the line, and forgets the line', async () => {
    const line = `10.0.0.1 joe@example.com {"card": ${card}, "big": 6011000000000000000} "a\\u0040b.com" ok`
    const found = await ofLine(line, {
      user: ['joe@example.com'],
      json: [`{"card": ${card}, "big": 6011000000000000000}`, Cell.JSON],
      card: [card, Cell.NUMBER],
      escaped: ['a\\u0040b.com', Cell.ESCAPED],
      ip: ['10.0.0.1'],
    })
    expect(found.attributes).toMatchObject({
      user: '[email]',
      card: '[credit_card]',
      escaped: '[email]',
      json: { card: '[credit_card]' },
      ip: '10.0.0.1',
    })
    expect(found.body).toContain('10.0.0.1 [email] {"card": [credit_card]')
    expect(found.line).toBe('')
    expect((await ofLine('nothing 10.0.0.1', { ip: ['10.0.0.1'] })).line).toBe('nothing 10.0.0.1')
  })

  it('finds in a range what only is a secret by itself', async () => {
    expect((await ofLine(`AB12${card}`, { number: [card] })).attributes).toEqual({ number: '[credit_card]' })
  })

  it('gives the same for a value, be it a range of the line or not', async () => {
    const words = fc.constantFrom(
      card,
      'joe@example.com',
      'x',
      '7',
      '"',
      ' ',
      '@',
      '4111 1111 1111 1111',
      'Bearer A1b2c3d4',
      '%20',
      '+',
      '%40example.com',
      '://u:p',
      String.raw`\n`,
      '\u001b[31m',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 6 }), async (parts) => {
        const text = parts.join('')
        const { attributes } = await ofLine(`before ${text} after`, { value: [text] })
        expect(attributes?.value).toBe((await one('', { value: text })).attributes?.value)
      }),
    )
  })
})
