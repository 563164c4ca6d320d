import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPattern, compilePattern } from './pattern.ts'

describe('compilePattern', () => {
  it.each([
    ['^(a+)+$', 'linear-engine'],
    ['(?i)^(a+)+$', 'linear-engine'],
    ['(?i)error: é', 'linear-engine'],
    ['(x+x+)+y', 'linear-engine'],
    ['^(?<ip>\\S+) (?<rest>.*)$', 'linear-engine'],
    ['[0-9a-f]{64}', 'static'],
    ['^(?!.*healthz).*ERROR', 'static'],
    ['(?=user=)\\w+', 'static'],
    ['^\\p{L}+$', 'static', 'u'],
    ['^(?:\\p{L}+,)*$', 're2', 'u'],
    ['(?:[0-9]+,){40}', 're2'],
  ])('guards %s by %s', (source, guard, flags = '') => {
    expect(compilePattern(source, flags).guard).toBe(guard)
  })

  it.each([
    ['^(a+)+$', 'a', ''],
    ['(x+x+)+y', 'x', ''],
    ['^(a|a)*$', 'a', ''],
    ['^(a|aa)+$', 'a', 'i'],
    ['(.*)*=(.*)*;', 'a', ''],
    ['\\w+@\\w+\\.com', 'a', ''],
    ['^(\\p{L}+)+$', 'a', 'u'],
    ['(?:a+,?){40}b', 'a', ''],
  ])('%s comes to an end on a long run of %s', (source, letter, flags) => {
    const started = performance.now()
    const pattern = compilePattern(source, flags)
    for (const length of [60, 4096, 65_536]) expect(pattern.test(`${letter.repeat(length)}!`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it.each(['(?=b)^(a+)+$', '^(?!x)(a+)+$', '(x+x+)+y(?!z)', '(?=(x+x+)+y)x', '^(a+)+\\1$', '(.*)\\1+b', '\\w+(?=@)'])(
    'refuses %s, which nothing can guard',
    (source) => {
      expect(() => compilePattern(source)).toThrow(
        expect.objectContaining({
          code: 'WEIR_PATTERN_INVALID',
          hint: expect.stringContaining('bound its repetitions'),
        }),
      )
    },
  )

  it('gives the groups of RE2 as those of RegExp', () => {
    const source = '(?<word>\\p{L}+,)*(?<number>[0-9]+)(x)?$'
    const match = compilePattern(source, 'u').exec('…ab,cd,12')
    const expected = new RegExp(source, 'u').exec('…ab,cd,12')
    expect({ ...match?.groups }).toEqual({ ...expected?.groups })
    expect([...Array(4).keys()].map((group) => match?.[group])).toEqual(
      [...Array(4).keys()].map((group) => expected?.[group]),
    )
    expect(match?.index).toBe(expected?.index)
  })

  it('refuses flags that a pattern has no use for', () => {
    expect(() => compilePattern('a', 'g')).toThrow(/flags "g"/)
  })

  const piece = fc.constantFrom(
    'a',
    'B',
    '\\d',
    '[^a-c]',
    '[b-dX]',
    '.',
    '(?:ab|c)',
    '(a)',
    '(?<n>k)',
    '\\w+',
    'é',
    '[à-ö]',
    'x*',
    'b{2,3}',
    '\\b',
    '\\x4b',
    '_',
    'ß',
    'ſ',
    '\\s?',
  )
  const source = fc.uniqueArray(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))
  const text = fc.string({ unit: fc.constantFrom(...'abcABCkKxX09 éÉÀöÖßſsS_\u212a'), maxLength: 30 })

  it('matches as RegExp does, with and without regard to case', () => {
    fc.assert(
      fc.property(source, text, fc.constantFrom('', 'i', 's', 'im'), (pattern, subject, flags) => {
        const match = compilePattern(pattern, flags).exec(subject)
        const expected = new RegExp(pattern, flags).exec(subject)
        expect(match === null ? null : [...(match as RegExpExecArray)]).toEqual(
          expected === null ? null : [...expected],
        )
        expect(match?.index).toBe(expected?.index)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('checkPattern', () => {
  it.each([
    ['(a', 'Unterminated group', 1],
    ['(?i)(a', 'Unterminated group', 5],
    ['a**', 'Nothing to repeat', 2],
    ['[b-a]', 'Range out of order in character class', 3],
  ])('says what is wrong with %s and where', (source, message, offset) => {
    expect(checkPattern(source)).toMatchObject({ message, offset })
  })

  it('knows the notations of other languages', () => {
    expect(checkPattern('(?P<ip>\\S+)')?.hint).toContain('(?<name>…)')
  })

  it('has nothing against a good pattern', () => {
    expect(checkPattern('^(?<time>\\S+) (?<level>\\w+) (?<message>.*)$')).toBeUndefined()
  })
})
