import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogBatch } from './batch.ts'
import { dissect } from './dissect.ts'
import { isWeirError } from './errors.ts'
import { LineDissector, lineWords } from './line-dissector.ts'
import { Record } from './record.ts'
import { plainRecords } from './testing/index.ts'

/** A record over each line, as the stage makes them. */
function recordsOf(text: string, { knowsLines = true } = {}): Record[] {
  const batch = new LogBatch({ capacity: 1024 })
  batch.bytes = Buffer.from(text)
  if (knowsLines) batch.linesEnd = batch.bytes.length
  for (let at = 0; at < batch.bytes.length; ) {
    const newline = batch.bytes.indexOf(10, at)
    const end = newline < 0 ? batch.bytes.length : newline
    if (end > at) batch.addLine(at, end)
    at = end + 1
  }
  return Array.from({ length: batch.rowCount }, (_, row) => new Record(batch).at(row))
}

const attributesOf = (pattern: string, line: string) => {
  const [record] = recordsOf(line)
  return record !== undefined && dissect(pattern).read(record) ? { ...record.attributes.toMap() } : undefined
}

const access =
  '%{client.address} %{} %{user.name} [%{time}] "%{method} %{url.path} %{}" %{status} %{size} "%{?referer}" "%{agent}"'
const line = '10.0.0.7 - ann [24/Nov/2026:13:55:36 +0000] "GET /a?b=c HTTP/1.1" 200 - "-" "curl/8 [x]"'

describe('dissect', () => {
  it('sets attributes and the time, and nothing of what is skipped', () => {
    const [record] = recordsOf(line)
    expect(record !== undefined && dissect(access).read(record)).toBe(true)
    expect(record?.time).toBe(Date.UTC(2026, 10, 24, 13, 55, 36))
    expect({ ...record?.attributes.toMap() }).toEqual({
      'client.address': '10.0.0.7',
      'user.name': 'ann',
      method: 'GET',
      'url.path': '/a?b=c',
      status: 200,
      size: '-',
      agent: 'curl/8 [x]',
    })
  })

  it('fills the columns of the record that are no attributes', () => {
    const ids = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const [good, bad] = recordsOf(
      `2026-11-24T13:55:36.123456789Z WARN ${ids.join(' ')} paid it went\nsoon LOUD 12 x paid it went`,
    )
    const pattern = dissect('%{time} %{severityText} %{traceId} %{spanId} %{eventName} %{body}')
    expect([good, bad].map((record) => record !== undefined && pattern.read(record))).toEqual([true, true])
    expect(good).toMatchObject({
      ...{ time: Date.UTC(2026, 10, 24, 13, 55, 36, 123), timeRemainder: 456_789 },
      ...{ severityNumber: 13, severityText: 'WARN', traceId: ids[0], spanId: ids[1] },
      ...{ eventName: 'paid', body: 'it went' },
    })
    expect(bad).toMatchObject({ time: Number.NaN, severityNumber: 0, severityText: 'LOUD', traceId: undefined })
    expect({ ...bad?.attributes.toMap() }).toEqual({ time: 'soon', traceId: '12', spanId: 'x' })
  })

  it.each([
    ['%{a} %{b}', 'x  y', { a: 'x', b: ' y' }],
    ['%{a->} %{b}', 'x    y', { a: 'x', b: 'y' }],
    ['%{a->}, %{b}', 'x, , y', { a: 'x', b: 'y' }],
    ['%{at} %{+at} %{+at} %{b}', 'Nov 24 13:55 y', { at: 'Nov 24 13:55', b: 'y' }],
    ['%{a}=%{b}', '=y', { b: 'y' }],
    ['%{a}: %{b}', 'x:y: z: w', { a: 'x:y', b: 'z: w' }],
    ['<%{a}>', '<ü€😀>', { a: 'ü€😀' }],
    ['%{a}→%{b}', 'x→y', { a: 'x', b: 'y' }],
    ['%{a} and so on and on: %{b}', 'x and so on and on: y', { a: 'x', b: 'y' }],
    ['%{a b|string} %{c}', '7 7', { 'a b': '7', c: 7 }],
    [
      '%{__proto__} %{constructor}',
      'x y',
      Object.fromEntries([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    ],
  ])('%s takes %j apart', (pattern, text, attributes) => {
    expect(attributesOf(pattern, text)).toEqual(attributes)
  })

  it.each([
    ['<%{a}>', 'x>'],
    ['<%{a}>', '<x'],
    ['<%{a}>', '<x> '],
    ['%{a} %{b}', 'x'],
    ['%{a} and so on and on: %{b}', 'x and so on and off: y'],
  ])('%s refuses %j, and nothing is set', (pattern, text) => {
    expect(attributesOf(pattern, text)).toBeUndefined()
    const [record] = recordsOf(text)
    if (record !== undefined) dissect(pattern).read(record)
    expect(record?.batch.layout.attributes).toEqual([])
  })

  it('takes numbers and booleans for such, where they would come back as they were written', () => {
    const values = ['0', '7', '-7', '123456789', '1234567890', '2.50', '1e3', 'true', 'false', '-0', '123456789012345']
    const texts = ['007', '1.', '.5', '1e', '+1', '1,5', '10.0.0.7', '1234567890123456', 'truely', 'fals', '-', '1e+']
    const read = (text: string) => attributesOf('%{a}|%{b}', `${text}|${text}x`)?.a
    expect(values.map(read)).toEqual(values.map((text) => JSON.parse(text)))
    expect(texts.map(read)).toEqual(texts)
  })

  it('leaves the line for a body where the field is empty', () => {
    const [record] = recordsOf('x: ')
    expect(record !== undefined && dissect('%{a}: %{body}').read(record)).toBe(true)
    expect(record?.body).toBe('x: ')
  })

  it('leaves a record alone that never was a line', () => {
    const record = new LogBatch().append()
    expect(dissect('%{a}').read(record)).toBe(false)
  })

  it('serves a pattern among several, batch after batch, whatever became of the bytes', () => {
    const [first, second] = [dissect('a=%{a}'), dissect('b=%{b}')]
    const read = (records: Record[]) => {
      const unread = records.filter((record) => !first.read(record) && !second.read(record)).length
      return [unread, ...plainRecords((records[0] as Record).batch).map(({ attributes }) => ({ ...attributes }))]
    }
    expect(read(recordsOf('a=1\nb=2\nc=3\nb=4\na=5'))).toEqual([1, { a: 1 }, { b: 2 }, {}, { b: 4 }, { a: 5 }])
    const batch = new LogBatch({ capacity: 4 })
    const bytes = Buffer.from('a=1\nb=2\n')
    for (const text of ['a=3\nb=4\n', 'b=5\na=6\n']) {
      bytes.write(text)
      batch.reset().bytes = bytes
      batch.linesEnd = bytes.length
      const records = [0, 4].map((at) => new Record(batch).at(batch.addLine(at, at + 3)))
      const [one, other] = text
        .trim()
        .split('\n')
        .map((pair) => ({ [pair.charAt(0)]: Number(pair.charAt(2)) }))
      expect(read(records)).toEqual([0, one, other])
    }
  })

  it('does not look ahead where bytes are still to come', () => {
    const batch = new LogBatch({ capacity: 4 })
    batch.bytes = Buffer.from('a=1\nzzz\n')
    const pattern = dissect('a=%{a}')
    expect(pattern.read(new Record(batch).at(batch.addLine(0, 3)))).toBe(true)
    batch.bytes.write('a=2', 4)
    const record = new Record(batch).at(batch.addLine(4, 7))
    expect(pattern.read(record)).toBe(true)
    expect(record.attributes.get('a')).toBe(2)
  })

  it.each([
    ['no field', 'has no field'],
    ['%{} %{?a}', 'has no field'],
    ['%{a} %{b', 'has no "}" after "%{b"'],
    ['%{a: %{b}', 'has no "}" after "%{a: "'],
    ['%{a}%{b}', 'has nothing between %{a} and %{b}'],
    ['%{a} %{+b}', 'has %{+b} where %{b} does not stand right before it'],
    ['%{a} %{b} %{a}', 'has the field a twice'],
    ['%{a} %{b->}', 'has nothing after %{b->}'],
    ['%{a|int} %{b}', 'has a type that is none in %{a|int}'],
    ['%{*a}=%{&a}', 'takes the name of a field from the line'],
  ])('refuses the pattern %s: it %s', (pattern, message) => {
    try {
      dissect(pattern)
      expect.unreachable()
    } catch (error) {
      expect(isWeirError(error) && [error.code, error.hint !== undefined]).toEqual(['WEIR_DISSECT_INVALID', true])
      expect(error).toHaveProperty('message', expect.stringContaining(message))
    }
  })
})

/** Lines of few different characters, so that delimiters are found, nearly found, and found too late. */
const character = fc.constantFrom('a', '1', '0', '-', '.', 'e', ' ', '[', ']', '"', ':', 'ü')
const texts = fc.array(
  fc.oneof(
    fc.array(character, { maxLength: 60 }).map((characters) => characters.join('')),
    fc.constantFrom('true [false] "-1.5e3"', '0 [12] "a"', '', 'x [y] "z"'),
  ),
  { maxLength: 20 },
)
const delimiter = fc.constantFrom(' ', '[', '] ', ' "', '": ', ' [a] "a" 1: ', 'ü')
const patterns = fc
  .tuple(
    fc.constantFrom('', 'a', '['),
    fc.array(fc.tuple(delimiter, fc.boolean()), { minLength: 1, maxLength: 6 }),
    fc.boolean(),
  )
  .map(([head, parts, isOpen]) => {
    const fields = parts.map(([text, isPadded], index) => `%{f${index}${isPadded ? '->' : ''}}${text}`)
    return `${head}${fields.join('')}${isOpen ? '%{last}' : ''}`
  })

describe('the kernel', () => {
  it('finds what JavaScript finds', () => {
    fc.assert(
      fc.property(patterns, texts, fc.constantFrom('\n', '\r\n'), (pattern, lines, ending) => {
        const bytes = Buffer.from(lines.join(ending))
        const found = [true, false].map((kernel) => {
          const dissector = new LineDissector(pattern, () => true, { kernel })
          const all: number[][] = []
          for (let at = 0; at < bytes.length; ) {
            at = dissector.scan(bytes, at, bytes.length)
            for (let line = 0; line < dissector.count; line++) {
              const from = line * dissector.width
              const isMatch = dissector.lines[from + 2] === 1
              // What a line leaves behind that is not of the pattern means nothing.
              const to = from + lineWords + (isMatch ? dissector.fields.length * 2 : 0)
              all.push([...dissector.lines.subarray(from, to)])
            }
          }
          return all
        })
        expect(found[0]).toEqual(found[1])
        expect(found[0]?.length).toBe(lines.filter((line) => line !== '').length)
      }),
    )
  })

  it('goes on where its memory ends, and leaves a line to JavaScript that is longer than that', () => {
    const long = `${'x'.repeat(100_000)}=1`
    const text = [...Array.from({ length: 20_000 }, (_, index) => `k=${index}`), long, 'k=last'].join('\n')
    const dissector = new LineDissector('%{key}=%{value}', () => true)
    const bytes = Buffer.from(text)
    const ends: number[] = []
    let isAll = true
    for (let at = 0; at < bytes.length; ) {
      at = dissector.scan(bytes, at, bytes.length)
      for (let line = 0; line < dissector.count; line++) {
        ends.push(dissector.lines[line * dissector.width + 1] ?? -1)
        isAll &&= dissector.lines[line * dissector.width + 2] === 1
      }
    }
    expect(isAll).toBe(true)
    expect(ends.length).toBe(20_002)
    expect(ends.at(-1)).toBe(bytes.length)
  })
})
