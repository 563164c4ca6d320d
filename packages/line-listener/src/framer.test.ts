import { Buffer } from 'node:buffer'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Framer, type FramerOptions } from './framer.ts'

interface Options extends Partial<FramerOptions> {
  /** Where the stream is split. */
  cuts?: readonly number[]
}

/** The messages of a stream, and what was noticed. */
function frame(stream: string | Buffer, { cuts = [], ...options }: Options = {}) {
  const messages: string[] = []
  const seen = { errors: 0, oversize: 0, incomplete: 0 }
  const sink = {
    lines(bytes: Buffer, from: number, to: number) {
      expect(bytes[to - 1]).toBe(10)
      messages.push(
        ...bytes
          .toString('latin1', from, to - 1)
          .split('\n')
          .map((line) => line.replace(/\r$/, '')),
      )
    },
    message(bytes: Buffer, from: number, to: number) {
      const text = bytes.toString('latin1', from, to).replace(/[\r\n\0]+$/, '')
      if (text !== '') messages.push(text)
    },
  }
  const framer = new Framer(
    {
      octetCounting: undefined,
      trailer: undefined,
      maxBytes: 1000,
      oversize: 'truncate',
      onFramingError: () => seen.errors++,
      onOversize: () => seen.oversize++,
      onIncomplete: () => seen.incomplete++,
      ...options,
    },
    sink,
  )
  const bytes = Buffer.from(stream)
  const offsets = [0, ...cuts.filter((cut) => cut < bytes.length).sort((one, other) => one - other), bytes.length]
  for (const [index, from] of offsets.entries()) {
    const chunk = Buffer.from(bytes.subarray(from, offsets[index + 1] ?? from))
    if (chunk.length > 0) framer.push(chunk)
  }
  framer.end()
  return { messages, ...seen }
}

const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`
const everywhere = (stream: string) => Array.from({ length: Buffer.byteLength(stream) }, (_, at) => at)

/** Bytes that nothing can free: a look at them collects what was left. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  return process.memoryUsage().arrayBuffers
}

describe('Framer', () => {
  it.each<[string, string, string[]]>([
    ['line feeds', '<13>one\n<14>two\n', ['<13>one', '<14>two']],
    ['CR LF', '<13>one\r\n<14>two\r\n', ['<13>one', '<14>two']],
    ['NUL', '<13>one\0<14>two\0', ['<13>one', '<14>two']],
    ['octet counting', `${counted('<13>one')}${counted('<14>two')}`, ['<13>one', '<14>two']],
    [
      'a mix',
      `${counted('<13>one')}<14>two\n${counted('<15>three')}<16>four\0`,
      ['<13>one', '<14>two', '<15>three', '<16>four'],
    ],
    [
      'more trailers than there should be',
      `\n\n<13>one\n\r\n\0${counted('<14>two')}\n${counted('<15>three')}\0\n`,
      ['<13>one', '<14>two', '<15>three'],
    ],
    ['a space before a count', `<13>one\n ${counted('<14>two')}`, ['<13>one', '<14>two']],
    ['a line feed that is counted in', `${counted('<13>one\n')}${counted('<14>two\n')}`, ['<13>one', '<14>two']],
    [
      'line feeds within a counted message',
      `${counted('<13>one\n<14>no\nend')}<15>two\n`,
      ['<13>one\n<14>no\nend', '<15>two'],
    ],
    ['no trailer at the end', '<13>one\n<14>two', ['<13>one', '<14>two']],
    [
      'messages that begin with digits',
      '2026-10-11 one\n29: *Mar 1\n7 <html>\n',
      ['2026-10-11 one', '29: *Mar 1', '7 <html>'],
    ],
    ['no message', '\n\n\r\n\0', []],
  ])('reads %s, wherever the stream is split', (_, stream, expected) => {
    expect(frame(stream)).toEqual({ messages: expected, errors: 0, oversize: 0, incomplete: 0 })
    expect(frame(stream, { cuts: everywhere(stream) }).messages).toEqual(expected)
  })

  it('takes NUL, or line feeds, for data where the other is said to be the trailer', () => {
    expect(frame('<13>a\0b\n', { trailer: 'LF' }).messages).toEqual(['<13>a\0b'])
    expect(frame('<13>a\nb\0', { trailer: 'NUL' }).messages).toEqual(['<13>a\nb'])
  })

  it('takes a count for text where octet counting is switched off', () => {
    expect(frame('7 <13>one\n', { octetCounting: false }).messages).toEqual(['7 <13>one'])
  })

  it('keeps what it finds where octet counting is a must and there is no count', () => {
    const result = frame(`<13>no count\n${counted('<14>two')}`, { octetCounting: true })
    expect(result.messages).toEqual(['<13>no count', '<14>two'])
    expect(result.errors).toBe(1)
  })

  it.each<[string, string, string[]]>([
    ['small', '5 <13>one two 7 <14>two9 <15>three', ['<13>o', 'ne two ', '<14>two', '<15>three']],
    ['large', '10 <13>one7 <14>two9 <15>three', ['<13>one7 <', '14>two', '<15>three']],
  ])('finds its way again after a count that is too %s', (_, stream, expected) => {
    const result = frame(stream)
    expect(result.messages).toEqual(expected)
    expect(result.errors).toBe(1)
    expect(frame(stream, { cuts: everywhere(stream) })).toEqual(result)
  })

  it('takes a count that nobody can mean for text', () => {
    const stream = `999999999 <13>one\n<14>two\n`
    expect(frame(stream)).toMatchObject({ messages: ['999999999 <13>one', '<14>two'], errors: 1 })
  })

  it.each([
    ['counted', counted(`<13>${'x'.repeat(30)}`)],
    ['ended by a line feed', `<13>${'x'.repeat(30)}\n`],
    ['ended by NUL', `<13>${'x'.repeat(30)}\0`],
  ])('cuts a message that is too long, %s; the next one is intact', (_, long) => {
    const stream = `<12>a\n${long}${counted('<14>two')}`
    const cut = frame(stream, { maxBytes: 10 })
    expect(cut).toMatchObject({ messages: ['<12>a', '<13>xxxxxx', '<14>two'], oversize: 1 })
    expect(frame(stream, { maxBytes: 10, cuts: everywhere(stream) })).toEqual(cut)
    expect(frame(stream, { maxBytes: 10, oversize: 'drop' }).messages).toEqual(['<12>a', '<14>two'])
  })

  it('cuts a message that is too long and begins with digits, and takes none of it for a count', () => {
    const stream = `2026-10-11 ${'7 '.repeat(20)}\n${counted('<14>two')}<15>three\n`
    const cut = frame(stream, { maxBytes: 12 })
    expect(cut).toMatchObject({ messages: ['2026-10-11 7', '<14>two', '<15>three'], oversize: 1, errors: 0 })
    expect(frame(stream, { maxBytes: 12, cuts: everywhere(stream) })).toEqual(cut)
  })

  it('takes a count of more digits than any length has for text', () => {
    const stream = '123456789012345678901234567890 <13>one\n<14>two\n'
    expect(frame(stream).messages).toEqual(['123456789012345678901234567890 <13>one', '<14>two'])
    expect(frame(stream, { cuts: everywhere(stream) })).toEqual(frame(stream))
  })

  it('keeps blank lines, indents, digits and priorities where every byte belongs to a message', () => {
    const verbatim = { isVerbatim: true, octetCounting: false, trailer: 'LF' as const }
    const stream = '12 <13>one\n\n  at two\n <14>three\r\n\t\n7 <13>'
    const expected = ['12 <13>one', '', '  at two', ' <14>three', '\t', '7 <13>']
    expect(frame(stream, verbatim).messages).toEqual(expected)
    expect(frame(stream, { ...verbatim, cuts: everywhere(stream) }).messages).toEqual(expected)
  })

  it('cuts between characters', () => {
    const { messages } = frame('<13>ééé\n', { maxBytes: 7 })
    expect(messages.map((text) => Buffer.from(text, 'latin1').toString())).toEqual(['<13>é'])
  })

  it('keeps what there is of a message that the end of the connection cuts', () => {
    expect(frame('20 <13>cut')).toMatchObject({ messages: ['<13>cut'], incomplete: 1 })
    expect(frame('<13>one\n12')).toMatchObject({ messages: ['<13>one', '12'], incomplete: 0 })
  })

  it('gives the same messages wherever the stream is split', () => {
    const text = fc
      .string({ unit: fc.constantFrom('a', 'é', '7', ' ', '<', '>', '\r', '[') })
      .map((rest) => `<13>${rest}!`)
    const piece = fc.oneof(
      text.map(counted),
      text.map((line) => `${line}\n`),
      text.map((line) => `${line}\0`),
      text.map((line) => counted(`${line}\nmore`)),
      fc.constantFrom('\n', '\0', ' ', '12', '4 <1', '99999999 <1', '3 <14>lies', '30 <14>lies\n'),
      fc.string({ unit: 'binary', maxLength: 60 }),
    )
    const options = fc.record({
      octetCounting: fc.constantFrom(undefined, true, false),
      trailer: fc.constantFrom(undefined, 'LF' as const, 'NUL' as const),
      oversize: fc.constantFrom('truncate' as const, 'drop' as const),
      maxBytes: fc.constantFrom(8, 40, 1000),
    })
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(400)), options, (pieces, cuts, given) => {
        const stream = pieces.join('')
        const whole = frame(stream, given)
        expect(frame(stream, { ...given, cuts })).toEqual(whole)
        expect(frame(stream, { ...given, cuts: everywhere(stream) })).toEqual(whole)
      }),
      { numRuns: 150 },
    )
  })

  it('brings back what senders of every kind put in, mixed on one connection', () => {
    const message = fc.stringMatching(/^[a-z 0-9]{0,40}$/).map((rest) => `<13>${rest}.`)
    const framed = fc.record({ message, how: fc.constantFrom('count', '\n', '\r\n', '\0') })
    fc.assert(
      fc.property(fc.array(framed), fc.array(fc.nat(1000)), (items, cuts) => {
        const stream = items.map(({ message: one, how }) => (how === 'count' ? counted(one) : one + how)).join('')
        const expected = items.map(({ message: one }) => one)
        expect(frame(stream, { cuts })).toEqual({ messages: expected, errors: 0, oversize: 0, incomplete: 0 })
      }),
    )
  })

  it.each(['truncate', 'drop'] as const)(
    'holds no more of a frame that never ends than the longest message: %s',
    async (oversize) => {
      const framer = new Framer(
        {
          octetCounting: undefined,
          trailer: undefined,
          maxBytes: 1000,
          oversize,
          onFramingError: () => {},
          onOversize: () => {},
          onIncomplete: () => {},
        },
        { lines: () => {}, message: () => {} },
      )
      const before = heldBytes()
      framer.push(Buffer.from('<13>'))
      const { unfinished } = framer
      for (let count = 0; count < 1000; count++) framer.push(Buffer.alloc(64 * 1024, 'x'))
      expect(framer.unfinished).toBe(unfinished)
      expect(unfinished).toBeGreaterThan(0)
      await expect.poll(() => heldBytes() - before).toBeLessThan(8 << 20)
    },
  )
})
