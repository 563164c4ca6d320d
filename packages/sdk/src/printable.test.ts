import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printable, printableJson } from './printable.ts'

const acting = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f]/u

it.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['a\u001b]0;title\u0007b', 'ab'],
  ['one\r\ntwo', 'one ⏎ two'],
  ['bell\u0007', 'bell␇'],
  ['\u202eback', '\ufffdback'],
])('prints %j as %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})

it('leaves nothing that a terminal would act on, whatever the text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !acting.test(printable(text))))
})

it('keeps what JSON says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson(JSON.stringify(text))
      expect(JSON.parse(json)).toBe(text)
      expect(json).not.toMatch(acting)
    }),
  )
})
