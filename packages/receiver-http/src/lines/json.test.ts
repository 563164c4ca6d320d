import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receiving } from '../receiving.fixture.ts'
import { layOutInLines } from './json-values.ts'

const ndjson = { type: 'application/x-ndjson' }
const json = { type: 'application/json; charset=utf-8' }

describe('NDJSON', () => {
  it('with bad lines is taken without them, and the answer says which they are', async () => {
    const { post, lines } = await receiving()
    const got = await post('/', '{"a":1}\nnot json\n\n{"b":2}\r\n[1]\n{"c":\n', ndjson)
    expect(got.status).toBe(200)
    expect(JSON.parse(got.body)).toEqual({
      accepted: 2,
      refused: 3,
      errors: [
        { line: 2, error: expect.stringContaining('not json') },
        { line: 5, error: 'it is no JSON object' },
        { line: 6, error: expect.stringContaining('JSON') },
      ],
    })
    expect(lines().filter((line) => line !== '')).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('without a good line is refused, with no more than a hundred errors', async () => {
    const { post, output } = await receiving()
    const got = await post('/', 'x\n'.repeat(1000), ndjson)
    expect(got).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json' } })
    const { accepted, refused, errors } = JSON.parse(got.body)
    expect({ accepted, refused, told: errors.length }).toEqual({ accepted: 0, refused: 1000, told: 100 })
    expect(output.calls).toBe(0)
  })

  it('of nothing is nothing', async () => {
    const { post, output } = await receiving()
    expect(await post('/', '\n\n', ndjson)).toMatchObject({ status: 204 })
    expect(await post('/', '[ ]', json)).toMatchObject({ status: 204 })
    expect(output.records).toEqual([])
  })
})

describe('JSON', () => {
  it('is taken as an array, an object, or objects one a line', async () => {
    const { post, lines } = await receiving()
    for (const body of [
      '[{"a":"1,]\\""},\n {"b":[1,\n2]}]\n',
      '{\n  "c": 3\n}',
      '{"d":4}\n{"e":5}',
      '  [\r\n{"__proto__":{"f":[[]]}}\r\n]  ',
    ]) {
      expect(await post('/', body, json)).toMatchObject({ status: 204 })
    }
    const values = lines().flatMap((line) => (line.trim() === '' ? [] : [line]))
    expect(values.map((line) => JSON.stringify(JSON.parse(line)))).toEqual([
      '{"a":"1,]\\""}',
      '{"b":[1,2]}',
      '{"c":3}',
      '{"d":4}',
      '{"e":5}',
      '{"__proto__":{"f":[[]]}}',
    ])
  })

  it('with elements that are no objects is taken without them', async () => {
    const { post } = await receiving()
    const got = await post('/', '[{"a":1}, 2, "three", nul]', json)
    expect(JSON.parse(got.body)).toMatchObject({
      accepted: 1,
      refused: 3,
      errors: [{ element: 2 }, { element: 3 }, { element: 4 }],
    })
  })

  it.each([
    ['an array that is cut off', '[{"a":1},{"b":2}'],
    ['a string that is cut off', '[{"a":"1},{"b":2}]'.replace('"b"', 'b')],
    ['an array with something behind it', '[{"a":1}] more'],
  ])('is refused whole: %s', async (_, body) => {
    const { post, output } = await receiving()
    expect(await post('/', body, json)).toMatchObject({ status: 400 })
    expect(output.calls).toBe(0)
  })

  it('is laid out in lines, a value each, however it is printed', () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(objects, fc.constantFrom('', ' ', '\t', '    '), fc.boolean(), (values, indent, isArray) => {
        const text = isArray
          ? JSON.stringify(values, null, indent)
          : values.map((value) => JSON.stringify(value, null, indent)).join('\r\n')
        const bytes = Buffer.from(`\n${text} \n`)
        expect(layOutInLines(bytes)).toBe(isArray)
        const lines = bytes
          .toString()
          .split('\n')
          .filter((line) => line.trim() !== '')
        expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(values)))
      }),
    )
  })
})
