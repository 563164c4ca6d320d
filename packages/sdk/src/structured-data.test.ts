import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStructuredData } from './structured-data.ts'

const plain = (text: string) => JSON.parse(JSON.stringify(parseStructuredData(text)))

describe('parseStructuredData', () => {
  it('reads elements and their parameters', () => {
    expect(plain('[a@1 x="1" y=""][b]')).toEqual({ 'a@1': { x: '1', y: '' }, b: {} })
  })

  it('undoes the three escapes, and leaves other backslashes alone', () => {
    expect(plain('[a x="\\"\\\\\\]\\n]"]')).toEqual({ a: { x: '"\\]\\n]' } })
  })

  it('takes `__proto__` for data', () => {
    expect(Object.keys(parseStructuredData('[__proto__ x="1"]'))).toEqual(['__proto__'])
  })

  it('reads back what it was made of', () => {
    const name = fc.stringMatching(/^[!#-<>-\\^-~]{1,32}$/)
    const elements = fc.dictionary(name, fc.dictionary(name, fc.string()), { minKeys: 1 })
    const write = (value: string) => value.replace(/["\\\]]/g, '\\$&')
    fc.assert(
      fc.property(elements, (data) => {
        const text = Object.entries(data)
          .map(
            ([id, values]) =>
              `[${id}${Object.entries(values)
                .map(([key, value]) => ` ${key}="${write(value)}"`)
                .join('')}]`,
          )
          .join('')
        expect(parseStructuredData(text)).toEqual(data)
      }),
    )
  })
})
