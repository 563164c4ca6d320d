import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultOf } from './json-lines.ts'
import { isJsonObject, maxDepth } from './json-object.ts'

const check = (text: string) => {
  const bytes = Buffer.from(`x\n${text}\nx`)
  return isJsonObject(bytes, 2, bytes.length - 2)
}

/** What JSON.parse says; a line has no line feeds. */
function isObjectByParse(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const agrees = (text: string): void => {
  expect([text, check(text)]).toEqual([text, isObjectByParse(text)])
}

describe('a JSON object', () => {
  it('is one where JSON.parse makes one', () => {
    const printed = fc
      .tuple(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.constantFrom('', ' ', '\t'))
      .map(([value, indent]) => JSON.stringify(value, null, indent).replaceAll('\n', indent === '' ? '' : '\r'))
    fc.assert(fc.property(printed, agrees), { numRuns: 200 })
    fc.assert(
      fc.property(
        fc.tuple(printed, fc.nat(), fc.constantFrom(...'{}[]",:\\u0-+.eE1tfn \t')),
        ([text, at, character]) => {
          const place = at % (text.length + 1)
          agrees(`${text.slice(0, place)}${character}${text.slice(place)}`)
          agrees(`${text.slice(0, place)}${character}${text.slice(place + 1)}`)
          agrees(text.slice(0, place))
          agrees(text.slice(place))
        },
      ),
      { numRuns: 600 },
    )
  })

  it('is told by its grammar, token by token', () => {
    const tokens = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"\\u00e9"',
        '"\\x"',
        '-0',
        '01',
        '1.5e+3',
        '1.',
        '-',
        'true',
        'nul',
        ' ',
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(tokens, (parts) => {
        agrees(parts.join(''))
        agrees(`{"a":${parts.join('')}}`)
        agrees(`{"a":[${parts.join('')}]}`)
      }),
      { numRuns: 1500 },
    )
  })

  it('may be nested deep, and not without end', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
    expect(check(nested(maxDepth))).toBe(true)
    expect(check(nested(maxDepth + 1))).toBe(false)
    const deep = Buffer.from(nested(100_000))
    expect(faultOf(deep, 0, deep.length)).toMatch(/nested more than 512 levels deep|call stack/)
  })
})
