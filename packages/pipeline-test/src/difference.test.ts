import { describe, expect, it } from 'vitest'
import { inOrderOf, isSame, likeness, onlyExpected } from './comparison.ts'
import { type DifferenceLine, listDifference } from './difference.ts'
import { readTime, writeTime } from './test-time.ts'

const text = (lines: readonly DifferenceLine[]) => lines.map((line) => `${line.sign} ${line.text}`)
const compare = (expected: readonly unknown[], found: readonly unknown[]) =>
  text(
    listDifference({
      expected,
      found,
      isMatch: (left, right) => isSame(expected[left], found[right]),
      show: (_, right) => found[right],
    }),
  )

describe('the difference of two lists', () => {
  it('sets what matches side by side, and shows the rest as missing or found beyond it', () => {
    expect(compare(['a', 'b', 'c'], ['b', 'c', 'd'])).toEqual(['- - a', '  - b', '  - c', '+ - d'])
  })

  it('compares what stands in each other’s place line by line', () => {
    const [expected, found] = [
      { body: 'one', level: 1 },
      { body: 'one', level: 2 },
    ]
    expect(compare(['x', expected, 'y'], ['x', found, 'y'])).toEqual([
      '  - x',
      '  - body: one',
      '-   level: 1',
      '+   level: 2',
      '  - y',
    ])
  })

  it('shows twenty of many that nobody expected', () => {
    const lines = compare(
      [],
      Array.from({ length: 25 }, (_, index) => index),
    )
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('+ … and 5 more')
  })

  it('writes control characters as escapes', () => {
    expect(compare([], ['\u001b[2J'])).toEqual(['+ - "\\e[2J"'])
  })
})

describe('what a record has of what is expected', () => {
  const found = { body: 'x', attributes: { 'url.path': '/', user: { id: 7, name: 'ann' } } }

  it('is all of it where the record has at least that, by flat and nested keys alike', () => {
    expect(likeness({ attributes: { 'user.id': 7 } }, found)).toBe(1)
    expect(likeness({ attributes: { user: { id: 7 }, 'url.path': '/' } }, found)).toBe(1)
    expect(likeness({}, found)).toBe(1)
  })

  it('is a part where something differs', () => {
    expect(likeness({ body: 'x', attributes: { user: { id: 8 } } }, found)).toBe(0.5)
    expect(likeness({ body: ['x'] }, found)).toBe(0)
  })

  it('is shown under the names that were expected, in their order', () => {
    expect(onlyExpected({ attributes: { 'user.id': 8, absent: 1 } }, found)).toEqual({ attributes: { 'user.id': 7 } })
    expect(Object.keys(Object(inOrderOf({ attributes: 0, body: 0 }, found)))).toEqual(['attributes', 'body'])
  })

  it('does not take data for a prototype', () => {
    const odd = JSON.parse('{"__proto__":{"x":1}}')
    expect(isSame(odd, {})).toBe(false)
    expect(likeness({ x: 1 }, odd)).toBe(0)
  })
})

describe('a time in a test', () => {
  it.each([
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T10:00:00+02:00', '2026-11-24T08:00:00.000Z'],
    ['2026-11-24T10:00:00.5Z', '2026-11-24T10:00:00.500Z'],
    ['2026-11-24T10:00:00.123456789Z', '2026-11-24T10:00:00.123456789Z'],
    ['2026-11-24T10:00:00.123400Z', '2026-11-24T10:00:00.1234Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ])('is read: %s', (written, expected) => {
    const time = readTime(written)
    expect(time && writeTime(time)).toBe(expected)
  })

  it.each(['', 'noon', '2026-11-24T10:00:00', '2026-13-01', '24 Nov 2026'])('is none: %s', (written) =>
    expect(readTime(written)).toBeUndefined(),
  )
})
