import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

/** Beside the bad file there is a good one, which must be read whole. */
const good = numbered(1, 20, 'good')

async function readBeside(config: object = {}): Promise<string[]> {
  await fixture.write('good.log', good)
  await fixture.start(config)
  await fixture.until(() => fixture.lines.filter((text) => text.startsWith('good')).length >= 20)
  for (let pass = 0; pass < 3; pass++) await fixture.pass()
  await fixture.append('good.log', 'good 21\n')
  await fixture.until(() => fixture.lines.includes('good 21'))
  expect(fixture.lines.filter((text) => text.startsWith('good'))).toEqual([...linesOf(good), 'good 21'])
  return fixture.lines.filter((text) => !text.startsWith('good'))
}

describe('bad input', () => {
  it('passes binary bytes and NUL on as they are, newline by newline', async () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256))
    const sent: Buffer[] = []
    const { sendLines } = fixture.output
    await fixture.write('bad.log', bytes)
    fixture.output.sendLines = (lines) => {
      sent.push(Buffer.from(lines.bytes.subarray(lines.from, lines.to)))
      return sendLines.call(fixture.output, lines)
    }
    await fixture.startInto({ include: ['bad.log'] }, true)
    await fixture.until(() => fixture.output.ended)
    expect(Buffer.concat(sent).includes(bytes)).toBe(true)
    expect(fixture.lines.length).toBe(3)
  })

  it('reads a line of 100 MB, and the lines around it', async () => {
    await fixture.write('bad.log', Buffer.concat([Buffer.from('a\n'), Buffer.alloc(100e6, 'x'), Buffer.from('\nb\n')]))
    await fixture.write('good.log', good)
    await fixture.runOnce()
    const bad = fixture.lines.filter((text) => !text.startsWith('good'))
    expect(bad.map((text) => text.length)).toEqual([1, 100e6, 1])
    expect(fixture.lines.length).toBe(23)
  })

  it('reads a line that the pipeline throws away without keeping it', async () => {
    let kept = 0
    await fixture.write('bad.log', Buffer.concat([Buffer.alloc(20 << 20, 'x'), Buffer.from('\nb\n')]))
    const { sendLines } = fixture.output
    fixture.output.sendLines = async (lines) => {
      kept = Math.max(kept, lines.to - lines.from)
      const newline = lines.bytes.lastIndexOf(10, lines.to - 1)
      if (newline < lines.from) return { done: Promise.resolve(), stored: Promise.resolve(), consumed: lines.to }
      return sendLines.call(fixture.output, { ...lines, from: lines.bytes.indexOf(10, lines.from) + 1 })
    }
    await fixture.startInto({}, true)
    await fixture.until(() => fixture.output.ended)
    expect(fixture.lines).toEqual(['b'])
    expect(kept).toBeLessThanOrEqual(1 << 20)
  })

  it('takes a file that cannot be read for one message, not one a poll', async () => {
    // Reading the memory of this process fails with EIO for every user.
    await symlink('/proc/self/mem', fixture.path('bad.log'))
    expect(await readBeside()).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/cannot read .*bad\.log: the disk reports/)])
    expect(fixture.meter.total('weir_receiver_file_errors')).toBe(1)
  })

  it('says once that a directory is no file, and reads the files beside it', async () => {
    await mkdir(fixture.path('dir.log'))
    await fixture.write('dir.log/inner.log', 'inner\n')
    expect(await readBeside()).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/dir\.log: it is a directory/)])
  })

  it('says once that a link leads nowhere, and reads its target once it is there', async () => {
    await symlink(fixture.path('target'), fixture.path('bad.log'))
    expect(await readBeside()).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/bad\.log: it is not there/)])
    await fixture.write('target', 'now\n')
    await fixture.until(() => fixture.lines.includes('now'))
  })

  it('leaves out a pipe without waiting for it', async () => {
    execFileSync('/usr/bin/env', ['mkfifo', fixture.path('pipe.log')])
    expect(await readBeside()).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/pipe\.log is not a file/)])
  })

  it('says once that a plain path is not there, and reads it once it is', async () => {
    expect(await readBeside({ include: ['missing.txt', '*.log'] })).toEqual([])
    expect(fixture.warnings).toEqual([expect.stringMatching(/missing\.txt: it is not there/)])
    await fixture.write('missing.txt', 'here\n')
    await fixture.until(() => fixture.lines.includes('here'))
  })

  it('survives files that come and vanish at any moment', async () => {
    await fixture.write('good.log', good)
    await fixture.start()
    for (let index = 0; index < 100; index++) {
      await fixture.write(`brief-${index}.log`, `brief ${index}\n`)
      if (index >= 3) await rm(fixture.path(`brief-${index - 3}.log`))
      await fixture.clock.advance(20)
    }
    await fixture.pass()
    await fixture.append('good.log', 'good 21\n')
    await fixture.until(() => fixture.lines.includes('good 21'))
    const brief = fixture.lines.filter((text) => text.startsWith('brief'))
    expect(new Set(brief).size).toBe(brief.length)
  })

  it('says once that nothing matches, and waits for files', async () => {
    await fixture.start({ include: ['logs/**/*.txt'] })
    await fixture.clock.advance(5000)
    await mkdir(fixture.path('logs/deep/er'), { recursive: true })
    await fixture.write('logs/deep/er/a.txt', 'found\n')
    await fixture.untilLines(1)
    expect(fixture.warnings).toEqual(['no file matches logs/**/*.txt'])
  })

  it('tells at the end of --once what could not be read, and a directory beside the files is not that', async () => {
    await fixture.write('a.log', 'one\n')
    await mkdir(fixture.path('b.log'))
    await symlink(fixture.path('nowhere'), fixture.path('c.log'))
    await fixture.runOnce({ include: ['*.log', 'missing.txt'] })
    expect(fixture.lines).toEqual(['one'])
    expect([...fixture.output.unread].sort()).toEqual([fixture.path('c.log'), fixture.path('missing.txt')])
  })

  it('takes an empty file, then its first line', async () => {
    await fixture.write('a.log', '')
    await fixture.start()
    await fixture.pass()
    await fixture.append('a.log', '\n')
    await fixture.append('a.log', 'x\n')
    await fixture.until(() => fixture.lines.includes('x'))
    expect(fixture.lines).toEqual(['', 'x'])
  })

  it('refuses an encoding that it does not know', async () => {
    await expect(fixture.start({ encoding: 'utf-99' })).rejects.toThrow(
      expect.objectContaining({ code: 'WEIR_FILE_ENCODING' }),
    )
  })
})
