import { Buffer } from 'node:buffer'
import { copyFile, rename, truncate } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const header = { header: { pattern: '^# ?(?:host: (?<host>\\S+)|version: (?<version>.+)|.*)$' } }
const config = { ...header, include: ['app.log*', 'canary-*.log'], include_file_name: false }
const text = '# written by nobody\n# host: web-1\r\n# version: 2 beta\n'
const attributes = { host: 'web-1', version: '2 beta' }

describe('the header of a file', () => {
  it('becomes attributes of every record, and is none itself', async () => {
    await fixture.write('app.log', `${text}one\n# host: two\n`)
    await fixture.runOnce(config)
    expect(fixture.lines).toEqual(['one', '# host: two'])
    expect(fixture.attributesOf('one')).toEqual(attributes)
  })

  it('is that of each file alone, and of none where there is none', async () => {
    await fixture.write('app.log.1', '# host: a\none\n')
    await fixture.write('app.log.2', '# host: b\ntwo\n')
    await fixture.write('app.log.3', 'three\n')
    await fixture.runOnce(config)
    const seen = ['one', 'two', 'three'].map((line) => fixture.attributesOf(line))
    expect(seen).toEqual([{ host: 'a' }, { host: 'b' }, {}])
  })

  it('survives a restart', async () => {
    await fixture.write('app.log', `${text}one\n`)
    await fixture.runOnce(config)
    await fixture.append('app.log', 'two\n')
    await fixture.runOnce(config)
    expect(fixture.lines).toEqual(['one', 'two'])
    expect(fixture.attributesOf('two')).toEqual(attributes)
  })

  it('goes with its file through rotations, and gives way to that of the next file', async () => {
    await fixture.write('app.log', `${text}one\n`)
    await fixture.start(config)
    await fixture.untilLines(1)
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', '# host: web-2\nthree\n')
    await fixture.append('app.log.1', 'two\n')
    await fixture.untilLines(3)
    await fixture.pass()
    expect(fixture.attributesOf('two')).toEqual(attributes)
    expect(fixture.attributesOf('three')).toEqual({ host: 'web-2' })
    await fixture.stop()
    await rename(fixture.path('app.log'), fixture.path('app.log.2'))
    await fixture.append('app.log.2', 'four\n')
    await fixture.start(config)
    await fixture.untilLines(4)
    expect(fixture.attributesOf('four')).toEqual({ host: 'web-2' })
    expect(fixture.lines.toSorted()).toEqual(['four', 'one', 'three', 'two'])
  })

  it('is found in a copy that goes on where the original was truncated', async () => {
    await fixture.write('app.log', `${text}${numbered(1, 3)}`)
    await fixture.start(config)
    await fixture.untilLines(3)
    await fixture.stop()
    await fixture.append('app.log', 'last\n')
    await copyFile(fixture.path('app.log'), fixture.path('app.log.1'))
    await truncate(fixture.path('app.log'))
    await fixture.append('app.log', '# host: web-2\nnew\n')
    await fixture.start(config)
    await fixture.untilLines(5)
    await fixture.pass()
    expect(fixture.lines.toSorted()).toEqual([...linesOf(numbered(1, 3)), 'last', 'new'].toSorted())
    expect(fixture.attributesOf('last')).toEqual(attributes)
    expect(fixture.attributesOf('new')).toEqual({ host: 'web-2' })
  })

  it('is waited for when it comes in pieces', async () => {
    await fixture.write('app.log', '')
    await fixture.start(config)
    for (let at = 0; at < text.length; at += 7) {
      await fixture.append('app.log', text.slice(at, at + 7))
      await fixture.clock.advance(100)
    }
    await fixture.append('app.log', 'one\n')
    await fixture.untilLines(1)
    expect(fixture.attributesOf('one')).toEqual(attributes)
    expect(fixture.lines).toEqual(['one'])
  })

  it('ends before a last line without an end', async () => {
    await fixture.write('app.log', `${text}one`)
    await fixture.start(config)
    await fixture.untilLines(1)
    expect(fixture.lines).toEqual(['one'])
    expect(fixture.attributesOf('one')).toEqual(attributes)
  })

  it('is not sent when there is nothing else, and not counted as lost when the file goes away', async () => {
    await fixture.write('app.log', text)
    await fixture.start(config)
    await fixture.pass()
    await rename(fixture.path('app.log'), fixture.path('away'))
    await fixture.clock.advance(120_000)
    await fixture.pass()
    expect(fixture.lines).toEqual([])
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(0)
  })

  it('is sent no second time when the lines behind it are', async () => {
    await fixture.write('app.log', `${text}one\n`)
    await fixture.start(config)
    fixture.output.holding = true
    await fixture.untilLines(1)
    fixture.output.holding = false
    fixture.output.rejectAll(new Error('the sink is gone'))
    await fixture.untilLines(2)
    expect(fixture.lines).toEqual(['one', 'one'])
  })

  it('is read from compressed files and from UTF-16', async () => {
    await fixture.write('app.log.gz', gzipSync(`${text}one\n`))
    await fixture.runOnce(config)
    await fixture.write('wide.log', Buffer.from(`\uFEFF${text}two\n`, 'utf16le'))
    await fixture.runOnce({ ...config, include: ['wide.log'], encoding: 'utf-16le' })
    expect(fixture.lines).toEqual(['one', 'two'])
    expect(fixture.attributesOf('two')).toEqual(attributes)
  })

  it('ends after 64 KiB', async () => {
    const long = `# ${'x'.repeat(997)}\n`
    await fixture.write('app.log', `# host: a\n${long.repeat(100)}`)
    await fixture.runOnce(config)
    const inside = Math.floor(((64 << 10) - 10) / long.length)
    expect(fixture.lines.length).toBe(100 - inside)
    expect(fixture.attributesOf(long.trimEnd())).toEqual({ host: 'a' })
  })
})
