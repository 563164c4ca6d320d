import { existsSync } from 'node:fs'
import { open, rename, symlink } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const config = { include: ['*.log*'], delete_after_read: true }
const isThere = (name: string) => existsSync(fixture.path(name))

describe('delete_after_read', () => {
  it('deletes each file when all of it has been delivered, with --once and without', async () => {
    await fixture.write('a.log', numbered(1, 100_000))
    await fixture.write('b.log.gz', gzipSync(numbered(1, 3, 'b')))
    await fixture.write('c.log', 'no end')
    await fixture.runOnce(config)
    expect(['a.log', 'b.log.gz', 'c.log'].filter(isThere)).toEqual([])
    expect(fixture.lines.length).toBe(100_004)
    await fixture.start(config)
    await fixture.write('d.log', numbered(1, 3, 'd'))
    await fixture.write('e.log.gz', gzipSync(numbered(1, 3, 'e')))
    await fixture.until(() => !isThere('d.log') && !isThere('e.log.gz'))
    expect(fixture.lines.length).toBe(100_010)
    expect(fixture.warnings).toEqual(['no file matches *.log*'])
  })

  it('does not delete before that', async () => {
    await fixture.write('a.log', numbered(1, 10))
    await fixture.start(config)
    fixture.output.holding = true
    await fixture.untilLines(10)
    await fixture.clock.advance(5000)
    expect(isThere('a.log')).toBe(true)
    fixture.output.holding = false
    fixture.output.rejectAll(new Error('the sink is gone'))
    await fixture.untilLines(20)
    await fixture.until(() => !isThere('a.log'))
  })

  it('waits for what remembers its lines to be stored', async () => {
    await fixture.write('a.log', numbered(1, 10))
    await fixture.start(config)
    fixture.output.holding = 'stored'
    await fixture.untilLines(10)
    await fixture.clock.advance(5000)
    expect(isThere('a.log')).toBe(true)
    await fixture.append('a.log', numbered(11, 12))
    await fixture.untilLines(12)
    fixture.output.settleAll()
    await fixture.until(() => !isThere('a.log'))
  })

  it('leaves to the next run what was delivered and not stored', async () => {
    await fixture.write('a.log', numbered(1, 10))
    await fixture.start(config)
    fixture.output.holding = 'stored'
    await fixture.untilLines(10)
    fixture.output.rejectAll(new Error('no checkpoint was stored'))
    await fixture.stop()
    expect(isThere('a.log')).toBe(true)
    await fixture.start(config)
    await fixture.until(() => !isThere('a.log'))
    expect(fixture.lines).toEqual(linesOf(numbered(1, 10)))
  })

  it('deletes what a run before had delivered, and does not read it again', async () => {
    await fixture.write('a.log', numbered(1, 3))
    await fixture.runOnce()
    await fixture.runOnce(config)
    expect(isThere('a.log')).toBe(false)
    expect(fixture.lines).toEqual(linesOf(numbered(1, 3)))
  })

  it('waits for the end of a line, and leaves an empty file alone', async () => {
    await fixture.write('a.log', 'one\ntw')
    await fixture.write('empty.log', '')
    await fixture.start({ ...config, flush_period: '0' })
    await fixture.untilLines(1)
    await fixture.clock.advance(5000)
    expect(isThere('a.log')).toBe(true)
    await fixture.append('a.log', 'o\n')
    await fixture.until(() => !isThere('a.log'))
    expect(isThere('empty.log')).toBe(true)
    expect(fixture.lines).toEqual(['one', 'two'])
  })

  it('reads what a writer adds to a file that has just been deleted', async () => {
    const writer = await open(fixture.path('a.log'), 'a')
    await writer.write('one\n')
    await fixture.start(config)
    await fixture.until(() => !isThere('a.log'))
    await writer.write('two\n')
    await fixture.untilLines(2)
    await writer.close()
    expect(fixture.lines).toEqual(['one', 'two'])
  })

  it('takes a file with the same content for another one', async () => {
    await fixture.start(config)
    for (let count = 1; count <= 3; count++) {
      await fixture.write('new', numbered(1, 200))
      await rename(fixture.path('new'), fixture.path('a.log'))
      await fixture.until(() => !isThere('a.log'))
      expect(fixture.lines.length).toBe(count * 200)
    }
  })

  it('leaves a compressed file alone that is cut', async () => {
    const bytes = gzipSync(numbered(1, 3000))
    await fixture.write('a.log.gz', bytes.subarray(0, bytes.length - 20))
    await fixture.runOnce(config)
    expect(isThere('a.log.gz')).toBe(true)
  })

  it('says once that a file cannot be deleted, and does not read it again', async () => {
    // What lies there can be deleted by no user.
    const path = '/sys/devices/system/cpu/online'
    await fixture.start({ ...config, include: [path, '*.log'] })
    await fixture.untilLines(1)
    for (let pass = 0; pass < 3; pass++) await fixture.write(`${pass}.log`, `${pass}\n`)
    await fixture.untilLines(4)
    await fixture.clock.advance(5000)
    expect(fixture.warnings).toEqual([expect.stringContaining(`cannot delete ${path}`)])
    expect(fixture.lines.length).toBe(4)
  })

  it('deletes a link, not what it leads to', async () => {
    await fixture.write('target', 'one\n')
    await symlink(fixture.path('target'), fixture.path('a.log'))
    await fixture.start(config)
    await fixture.until(() => !isThere('a.log'))
    expect(isThere('target')).toBe(true)
  })

  it('is refused with start_at: end', async () => {
    const refused = expect.objectContaining({ code: 'WEIR_FILE_DELETE_UNREAD', configPath: ['delete_after_read'] })
    await expect(fixture.start({ ...config, start_at: 'end' })).rejects.toThrow(refused)
  })
})
