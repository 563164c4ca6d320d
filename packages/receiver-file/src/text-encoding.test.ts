import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { TextEncoding } from './text-encoding.ts'

const encodings = [
  'utf-16le',
  'utf-16be',
  'utf-32le',
  'latin1',
  'windows-1252',
  'shift_jis',
  'gb18030',
  'big5',
  'euc-kr',
]

describe('TextEncoding', () => {
  it('passes UTF-8 on as it is', () => {
    for (const name of ['utf-8', 'UTF8', 'us-ascii']) expect(new TextEncoding(name).isUtf8).toBe(true)
    for (const name of encodings) expect(new TextEncoding(name).isUtf8).toBe(false)
  })

  it.each(['nonsense', 'base64', 'hex'])('refuses %s', (name) => {
    expect(() => new TextEncoding(name)).toThrow(
      expect.objectContaining({ code: 'WEIR_FILE_ENCODING', configPath: ['encoding'] }),
    )
  })

  it('knows the byte order mark of the Unicode encodings', () => {
    const length = (name: string, bytes: number[]) => {
      const file = Buffer.from([...bytes, 97, 0, 0, 0])
      return new TextEncoding(name).byteOrderMark(file, 0, file.length)
    }
    expect(length('utf-8', [0xef, 0xbb, 0xbf])).toBe(3)
    expect(length('utf-16le', [0xff, 0xfe])).toBe(2)
    expect(length('utf-16be', [0xfe, 0xff])).toBe(2)
    expect(length('utf-16be', [0xff, 0xfe])).toBe(0)
    expect(length('latin1', [0xff, 0xfe])).toBe(0)
  })

  it.each(encodings)('decodes %s, and finds the way back from the end of every character', (name) => {
    const encoding = new TextEncoding(name)
    const character = fc.constantFrom('\n', '\r\n', 'a', '~', 'é', 'ÿ', 'Ā', 'Ċ', '਀', 'あ', '中', '한', '𝄞', '\u0a0a')
    fc.assert(
      fc.property(fc.array(character, { maxLength: 30 }), (given) => {
        const characters = given.filter((text) => iconv.decode(iconv.encode(text, name), name) === text)
        const raw = iconv.encode(characters.join(''), name)
        const text = encoding.decode(raw, false)
        expect(text.bytes.toString()).toBe(characters.join(''))
        for (let count = 0; count <= characters.length; count++) {
          const before = characters.slice(0, count).join('')
          expect(text.rawOffset(Buffer.byteLength(before))).toBe(iconv.encode(before, name).length)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leaves a character that is cut at the end for later, unless nothing more comes', () => {
    const encoding = new TextEncoding('utf-16le')
    const raw = Buffer.from('a\nb\n', 'utf16le').subarray(0, 7)
    expect(encoding.decode(raw, false).bytes.toString()).toBe('a\nb')
    expect(encoding.decode(raw, false).rawOffset(2)).toBe(4)
    const end = encoding.decode(raw, true)
    expect(end.rawOffset(end.bytes.length)).toBe(7)
  })

  it('decodes text of many pieces without a seam', () => {
    const text = `${'日本語'.repeat(50_000)}\n`
    expect(new TextEncoding('shift_jis').decode(iconv.encode(text, 'shift_jis'), false).bytes.toString()).toBe(text)
  })

  it('takes bytes that make no sense for replacement characters', () => {
    const raw = Buffer.from([0x61, 0x81, 0x0a, 0xff, 0x0a])
    const text = new TextEncoding('shift_jis').decode(raw, false)
    expect(text.bytes.toString().match(/\n/g)).toHaveLength(2)
    expect(text.rawOffset(text.bytes.indexOf(10) + 1)).toBe(3)
  })
})
