import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const compressed = { include: ['*.log*'] }
/** Does not shrink much, so that a cut or a defect in the middle leaves lines before it. */
const noise = Array.from({ length: 8000 }, (_, index) => `${index} ${randomBytes(24).toString('hex')}\n`).join('')

describe('compressed files', () => {
  for (const [ending, compress, unended] of [
    ['gz', gzipSync, (text: string) => gzipSync(text, { finishFlush: constants.Z_FULL_FLUSH })],
    ['zst', zstdCompressSync, (text: string) => zstdCompressSync(text, { finishFlush: constants.ZSTD_e_flush })],
  ] as const) {
    describe(ending, () => {
      it('reads them whole, once, over restarts', async () => {
        await fixture.write(`a.log.${ending}`, compress(Buffer.from(noise)))
        await fixture.runOnce(compressed)
        await fixture.runOnce(compressed)
        expect(fixture.lines).toEqual(linesOf(noise))
        expect(fixture.warnings).toEqual([])
      })

      it('reads what was appended as another member', async () => {
        await fixture.write(`a.log.${ending}`, compress(Buffer.from(numbered(1, 100))))
        await fixture.start(compressed)
        await fixture.untilLines(100)
        await fixture.append(`a.log.${ending}`, compress(Buffer.from(numbered(101, 200))))
        await fixture.untilLines(200)
        await fixture.pass()
        expect(fixture.lines).toEqual(linesOf(numbered(1, 200)))
      })

      it('reads a file of many members', async () => {
        const texts = Array.from({ length: 300 }, (_, index) => numbered(index * 10 + 1, index * 10 + 10))
        await fixture.write(`a.log.${ending}`, Buffer.concat(texts.map((text) => compress(Buffer.from(text)))))
        await fixture.runOnce(compressed)
        expect(fixture.lines).toEqual(linesOf(numbered(1, 3000)))
        expect(fixture.warnings).toEqual([])
      })

      it('reads all that stands before bytes that belong to nothing, and says so', async () => {
        const few = linesOf(noise).slice(0, 50).join('\n').concat('\n')
        await fixture.write(`a.log.${ending}`, Buffer.concat([compress(Buffer.from(few)), Buffer.from('garbage')]))
        await fixture.runOnce(compressed)
        expect(fixture.lines).toEqual(linesOf(few))
        expect(fixture.warnings).toEqual([expect.stringContaining('cannot read')])
      })

      it('reads what stands before a cut, says so, and reads on when the rest comes', async () => {
        const bytes = compress(Buffer.from(noise))
        await fixture.write(`a.log.${ending}`, bytes.subarray(0, bytes.length >> 1))
        await fixture.runOnce(compressed)
        const count = fixture.lines.length
        expect(count).toBeGreaterThan(2000)
        expect(fixture.warnings).toEqual([expect.stringContaining('ends in the middle of its compressed data')])
        await fixture.append(`a.log.${ending}`, bytes.subarray(bytes.length >> 1))
        await fixture.runOnce(compressed)
        expect(fixture.lines.join('')).toBe(linesOf(noise).join(''))
      })

      it('reads what stands before a defect, says so once, and leaves the others alone', async () => {
        // No block begins so. Bytes that are overwritten inside of one may well be read as others, up to the end of the file.
        const bytes = Buffer.concat([unended(noise.slice(0, noise.length >> 1)), Buffer.alloc(100_000, 0xff)])
        await fixture.write(`a.log.${ending}`, bytes)
        await fixture.write('good.log', numbered(1, 10, 'good'))
        await fixture.start(compressed)
        await fixture.until(() => fixture.lines.includes('good 10') && fixture.warnings.length > 0)
        for (let pass = 0; pass < 3; pass++) await fixture.pass()
        expect(fixture.warnings).toEqual([expect.stringContaining(`cannot read ${fixture.path(`a.log.${ending}`)}`)])
        expect(fixture.lines.length).toBeGreaterThan(2000)
      })
    })
  }

  it('says that a file is not what its ending promises', async () => {
    await fixture.write('a.log.gz', numbered(1, 10))
    await fixture.runOnce(compressed)
    expect(fixture.lines).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/cannot read .*a\.log\.gz/)])
  })

  it('reads a file by its configured compression, whatever its name', async () => {
    await fixture.write('a.log', gzipSync(numbered(1, 3)))
    await fixture.runOnce({ compression: 'gzip' })
    expect(fixture.lines).toEqual(linesOf(numbered(1, 3)))
  })
})

describe('encodings', () => {
  const text = 'ein Wort\nzwei Wörter, größer\r\n日本語 テキスト\n𝄞 Ċ਀\n'

  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be']) {
    it(`reads ${encoding} with and without its byte order mark`, async () => {
      await fixture.write('a.log', iconv.encode(text, encoding, { addBOM: true }))
      await fixture.write('b.log', iconv.encode(`b${text}`, encoding, { addBOM: false }))
      await fixture.runOnce({ encoding })
      const lines = text.split(/\r?\n/).slice(0, -1)
      expect(fixture.lines.toSorted()).toEqual([...lines, `b${lines[0]}`, ...lines.slice(1)].toSorted())
    })
  }

  it('follows UTF-16 written byte by byte', async () => {
    const bytes = iconv.encode(text, 'utf-16le', { addBOM: true })
    await fixture.write('a.log', '')
    await fixture.start({ encoding: 'utf-16le', include: ['a.log'], flush_period: '0' })
    for (let at = 0; at < bytes.length; at++) {
      await fixture.append('a.log', bytes.subarray(at, at + 1))
      await fixture.clock.advance(40)
    }
    await fixture.untilLines(4)
    expect(fixture.lines).toEqual(text.split(/\r?\n/).slice(0, -1))
  })

  it('reads a big file in a legacy encoding, over a restart', async () => {
    const big = `${'größer als あ '.replace('あ ', '')}\n`.repeat(60_000)
    await fixture.write('a.log', iconv.encode(big, 'windows-1252'))
    await fixture.runOnce({ encoding: 'windows-1252' })
    await fixture.append('a.log', iconv.encode('naïve\n', 'windows-1252'))
    await fixture.runOnce({ encoding: 'windows-1252' })
    expect(fixture.lines.length).toBe(60_001)
    expect(new Set(fixture.lines)).toEqual(new Set(['größer als ', 'naïve']))
  })
})
