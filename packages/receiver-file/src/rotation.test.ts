import { copyFile, mkdir, open, rename, rm, stat, symlink, truncate } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const rotating = { include: ['app.log*', 'canary-*.log'] }

/** Long enough first lines that two generations do not begin alike. */
const generation = (name: string, from: number, to: number) => numbered(from, to, name)

const gzipInTwo = (text: string) => {
  const bytes = gzipSync(text)
  return [bytes.subarray(0, 12), bytes.subarray(12)]
}

const expectOnce = (...texts: string[]) => expect(fixture.lines.toSorted()).toEqual(texts.flatMap(linesOf).toSorted())

describe('rotation by rename', () => {
  it('reads every line once, inside the glob', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    await fixture.append('app.log', generation('a', 101, 150))
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', generation('b', 1, 50))
    await fixture.untilLines(200)
    await rename(fixture.path('app.log.1'), fixture.path('app.log.2'))
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', generation('c', 1, 50))
    await fixture.untilLines(250)
    await fixture.pass()
    expectOnce(generation('a', 1, 150), generation('b', 1, 50), generation('c', 1, 50))
    expect(fixture.warnings).toEqual([])
  })

  it('reads what is written to a file after it was moved out of the glob', async () => {
    await fixture.write('app.log', generation('a', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    await rename(fixture.path('app.log'), fixture.path('old'))
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.pass()
    await fixture.append('old', generation('a', 11, 20))
    await fixture.untilLines(30)
    await fixture.pass()
    expectOnce(generation('a', 1, 20), generation('b', 1, 10))
  })

  it('goes on with a file that was rotated while it was stopped', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    await fixture.stop()
    await fixture.append('app.log', generation('a', 101, 120))
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(130)
    await fixture.pass()
    expectOnce(generation('a', 1, 120), generation('b', 1, 10))
  })

  it('reads what was not acknowledged again from a file that was rotated while it was stopped', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    await fixture.clock.advance(1000)
    fixture.output.holding = true
    await fixture.append('app.log', generation('a', 101, 110))
    await fixture.untilLines(110)
    await fixture.clock.advance(1000)
    await fixture.crash()
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.append('app.log.1', generation('a', 111, 120))
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(140)
    await fixture.pass()
    expectOnce(generation('a', 1, 120), generation('a', 101, 110), generation('b', 1, 10))
  })

  it('knows a file that was rotated and compressed', async () => {
    const first = generation('a', 1, 100)
    await fixture.write('app.log', first)
    await fixture.start(rotating)
    await fixture.untilLines(100)
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.untilLines(110)
    await fixture.write('app.log.1.gz', gzipSync(first))
    await rm(fixture.path('app.log.1'))
    await fixture.pass()
    await fixture.stop()
    await fixture.start(rotating)
    await fixture.append('app.log', generation('b', 11, 12))
    await fixture.untilLines(112)
    await fixture.pass()
    expectOnce(first, generation('b', 1, 12))
  })

  it('reads the rest of a file that is deleted while it is read, and lets it go', async () => {
    await fixture.write('app.log', generation('a', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    const writer = await open(fixture.path('app.log'), 'a')
    await rm(fixture.path('app.log'))
    await writer.write(generation('a', 11, 20))
    await fixture.untilLines(20)
    await writer.close()
    await fixture.pass()
    const gone = fixture.clock.now()
    // The files of `pass` are deleted, too.
    await fixture.until(() => fixture.meter.total('weir_receiver_file_open_files') === 0)
    expect(fixture.clock.now() - gone).toBeLessThan(3000)
    expectOnce(generation('a', 1, 20))
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(0)
  })

  it('follows a link to its new target, and reads the old one to its end', async () => {
    await mkdir(fixture.path('data'))
    await fixture.write('data/one', generation('a', 1, 10))
    await fixture.write('data/two', generation('b', 1, 10))
    await symlink(fixture.path('data/one'), fixture.path('app.log'))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    await rm(fixture.path('app.log'))
    await symlink(fixture.path('data/two'), fixture.path('app.log'))
    await fixture.append('data/one', generation('a', 11, 12))
    await fixture.untilLines(22)
    await fixture.pass()
    expectOnce(generation('a', 1, 12), generation('b', 1, 10))
  })
})

describe('rotation by copying and truncating', () => {
  it('reads every line once, and recognises the copy', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    await copyFile(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.pass()
    await truncate(fixture.path('app.log'))
    await fixture.append('app.log', generation('b', 1, 10))
    await fixture.untilLines(110)
    await fixture.pass()
    expectOnce(generation('a', 1, 100), generation('b', 1, 10))
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(0)
  })

  it('reads every line once when copy and truncation come between two looks', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    for (const [index, name] of ['b', 'c', 'd'].entries()) {
      if (index > 0) await rename(fixture.path('app.log.1'), fixture.path(`app.log.${index + 1}`))
      await copyFile(fixture.path('app.log'), fixture.path('app.log.1'))
      await truncate(fixture.path('app.log'))
      await fixture.append('app.log', generation(name, 1, 100))
      await fixture.untilLines(100 + (index + 1) * 100)
    }
    await fixture.pass()
    expectOnce(...['a', 'b', 'c', 'd'].map((name) => generation(name, 1, 100)))
  })

  it('reads from the copy what it had not read of the original', async () => {
    await fixture.write('app.log', generation('a', 1, 100))
    await fixture.start(rotating)
    await fixture.untilLines(100)
    fixture.output.block()
    await fixture.append('app.log', generation('a', 101, 150))
    await copyFile(fixture.path('app.log'), fixture.path('app.log.1'))
    await truncate(fixture.path('app.log'))
    await fixture.append('app.log', generation('b', 1, 10))
    await fixture.append('app.log.1', generation('a', 151, 160))
    fixture.output.open()
    await fixture.untilLines(170)
    await fixture.pass()
    expectOnce(generation('a', 1, 160), generation('b', 1, 10))
  })

  it('recognises a copy that was made while it was stopped', async () => {
    await fixture.write('app.log', generation('a', 1, 300))
    await fixture.start(rotating)
    await fixture.untilLines(300)
    await fixture.stop()
    await fixture.append('app.log', generation('a', 301, 310))
    await copyFile(fixture.path('app.log'), fixture.path('app.log.1'))
    await truncate(fixture.path('app.log'))
    await fixture.append('app.log', generation('b', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(320)
    await fixture.pass()
    expectOnce(generation('a', 1, 310), generation('b', 1, 10))
  })

  it('recognises a copy that was made while it was stopped, though it begins like the file that replaced it', async () => {
    // The copy comes first by its name and by its age.
    const config = { include: ['app*.log', 'canary-*.log'] }
    const header = '#fields time level message\n'
    await fixture.write('app.log', header + generation('a', 1, 10))
    await fixture.start(config)
    await fixture.untilLines(11)
    await fixture.stop()
    await fixture.append('app.log', generation('a', 11, 12))
    await copyFile(fixture.path('app.log'), fixture.path('app-1.log'))
    await fixture.write('app.log', header + generation('b', 1, 30))
    await fixture.start(config)
    await fixture.untilLines(44)
    await fixture.pass()
    expectOnce(header, generation('a', 1, 12), header, generation('b', 1, 30))
  })

  it('recognises a copy that it saw while it was still empty', async () => {
    // Of gzip, the first bytes are empty, too.
    const copies = { 'app.log.1': (text: string) => [text], 'app.log.1.gz': gzipInTwo }
    for (const [name, copy] of Object.entries(copies)) {
      const before = fixture.lines.length
      const text = generation(name, 1, 300)
      await fixture.write('app.log', text)
      await fixture.start(rotating)
      await fixture.untilLines(before + 300)
      const file = await open(fixture.path(name), 'w')
      await fixture.pass()
      for (const piece of copy(text)) {
        await file.write(Buffer.from(piece))
        await fixture.pass()
      }
      await file.close()
      await fixture.pass()
      await fixture.write('app.log', generation(name, 301, 310))
      await fixture.untilLines(before + 310)
      await fixture.pass()
      await fixture.stop()
      expect(fixture.lines.slice(before)).toEqual(linesOf(generation(name, 1, 310)))
      for (const gone of ['app.log', name]) await rm(fixture.path(gone))
    }
  })

  it('does not read a copy again that was made before the last lines came', async () => {
    await fixture.write('app.log', generation('a', 1, 300))
    await fixture.start(rotating)
    await fixture.untilLines(300)
    await copyFile(fixture.path('app.log'), fixture.path('unseen'))
    await fixture.append('app.log', generation('a', 301, 310))
    await fixture.untilLines(310)
    await rename(fixture.path('unseen'), fixture.path('app.log.1'))
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.untilLines(320)
    await fixture.pass()
    expectOnce(generation('a', 1, 310), generation('b', 1, 10))
  })

  it('does not read a copy again, compressed or not, that was made long before the last lines came', async () => {
    await fixture.write('app.log', generation('a', 1, 300))
    await fixture.start(rotating)
    await fixture.untilLines(300)
    const unseen = generation('a', 1, 300)
    for (let count = 301; count <= 400; count++) {
      await fixture.append('app.log', generation('a', count, count))
      await fixture.untilLines(count)
    }
    await fixture.stop()
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.write('app.log.1', unseen)
    await fixture.start(rotating)
    await fixture.untilLines(410)
    await fixture.pass()
    await fixture.write('app.log.2.gz', gzipSync(unseen))
    await rm(fixture.path('app.log.1'))
    await fixture.pass()
    expectOnce(generation('a', 1, 400), generation('b', 1, 10))
  })

  it('reads a copy as a file of its own when its original is not truncated', async () => {
    await fixture.write('app.log', generation('a', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    await copyFile(fixture.path('app.log'), fixture.path('app.log.bak'))
    await fixture.pass()
    expect(fixture.lines.length).toBe(10)
    await fixture.untilLines(20)
    expectOnce(generation('a', 1, 10), generation('a', 1, 10))
  })
})

describe('truncation', () => {
  for (const [size, count] of Object.entries({ smaller: 5, equal: 10, larger: 20 })) {
    it(`reads new content from its beginning when it is ${size}`, async () => {
      await fixture.write('app.log', generation('a', 10, 19))
      await fixture.start(rotating)
      await fixture.untilLines(10)
      await fixture.write('app.log', generation('b', 10, 9 + count))
      await fixture.untilLines(10 + count)
      await fixture.pass()
      expectOnce(generation('a', 10, 19), generation('b', 10, 9 + count))
    })

    it(`notices it after a restart when it is ${size}`, async () => {
      await fixture.write('app.log', generation('a', 10, 19))
      await fixture.start(rotating)
      await fixture.untilLines(10)
      await fixture.stop()
      await fixture.write('app.log', generation('b', 10, 9 + count))
      await fixture.start(rotating)
      await fixture.untilLines(10 + count)
      await fixture.pass()
      expectOnce(generation('a', 10, 19), generation('b', 10, 9 + count))
    })
  }

  it('reads new content from its beginning when it begins with the same header', async () => {
    const header = '#fields time level message\n'
    await fixture.write('app.log', header + generation('a', 1, 20))
    await fixture.start(rotating)
    await fixture.untilLines(21)
    await fixture.write('app.log', header + generation('b', 1, 30))
    await fixture.untilLines(52)
    await fixture.pass()
    expectOnce(header, generation('a', 1, 20), header, generation('b', 1, 30))
  })

  it('reads new content from its beginning when it begins with the same fingerprint', async () => {
    const header = generation('shared', 1, 200)
    await fixture.write('app.log', header + generation('a', 1, 20))
    await fixture.start(rotating)
    await fixture.untilLines(220)
    await fixture.write('app.log', header + generation('b', 1, 30))
    await fixture.untilLines(450)
    await fixture.pass()
    expectOnce(header, generation('a', 1, 20), header, generation('b', 1, 30))
  })

  it('reads new content from its beginning when it goes on as the old one did', async () => {
    const begun = (hour: number, pings: number) => `begun at ${hour} o'clock\n${'ping\n'.repeat(pings)}`
    await fixture.write('app.log', begun(10, 100))
    await fixture.start(rotating)
    await fixture.untilLines(101)
    await fixture.write('app.log', begun(11, 120))
    await fixture.until(() => fixture.lines.includes("begun at 11 o'clock"))
    await fixture.pass()
    // What stands behind the old place may have come before it was known to be new.
    const at = fixture.lines.indexOf("begun at 11 o'clock")
    expect(fixture.lines.slice(at)).toEqual(linesOf(begun(11, 120)))
    expect(fixture.lines.slice(0, 101)).toEqual(linesOf(begun(10, 100)))
  })

  it('reads the same content again when it is written anew', async () => {
    await fixture.write('app.log', generation('a', 1, 20))
    await fixture.start(rotating)
    await fixture.untilLines(20)
    await truncate(fixture.path('app.log'))
    await fixture.pass()
    await fixture.append('app.log', generation('a', 1, 20))
    await fixture.untilLines(40)
    await fixture.pass()
    expectOnce(generation('a', 1, 20), generation('a', 1, 20))
  })

  it('sends the beginning of a last line whose end has gone', async () => {
    await fixture.write('app.log', `${generation('a', 1, 3)}unfinished`)
    await fixture.start({ ...rotating, flush_period: '0' })
    await fixture.untilLines(3)
    await fixture.write('app.log', generation('b', 1, 2))
    await fixture.untilLines(6)
    expect(fixture.lines.slice(3).toSorted()).toEqual([...linesOf(generation('b', 1, 2)), 'unfinished'])
  })

  it('counts bytes that it had seen and could not read', async () => {
    await fixture.write('app.log', generation('a', 1, 10))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    fixture.output.holding = true
    await fixture.append('app.log', generation('a', 11, 12))
    await fixture.untilLines(12)
    await fixture.write('app.log', generation('b', 1, 10))
    await fixture.untilLines(22)
    fixture.output.rejectAll(new Error('the sink is gone'))
    fixture.output.holding = false
    await fixture.until(() => fixture.meter.total('weir_receiver_file_lost_bytes') > 0)
    expect(fixture.meter.total('weir_receiver_file_lost_bytes')).toBe(generation('a', 11, 12).length)
    await fixture.untilLines(32)
    expect(fixture.lines.slice(-10)).toEqual(linesOf(generation('b', 1, 10)))
  })
})

describe('identity', () => {
  it('tells files with the same first lines apart as soon as they differ', async () => {
    await fixture.write('app.log', 'header\n')
    await fixture.write('app.log2', 'header\n')
    await fixture.start(rotating)
    await fixture.untilLines(1)
    await fixture.append('app.log2', generation('b', 1, 3))
    await fixture.append('app.log', generation('a', 1, 3))
    await fixture.untilLines(8)
    await fixture.pass()
    expectOnce('header\n', 'header\n', generation('a', 1, 3), generation('b', 1, 3))
  })

  it('reads one file once that has two paths, and says so once', async () => {
    const { link } = await import('node:fs/promises')
    await fixture.write('app.log', generation('a', 1, 10))
    await link(fixture.path('app.log'), fixture.path('app.log.same'))
    await fixture.start(rotating)
    await fixture.untilLines(10)
    await fixture.append('app.log.same', generation('a', 11, 12))
    await fixture.untilLines(12)
    await fixture.pass()
    expectOnce(generation('a', 1, 12))
    expect(fixture.warnings).toEqual([expect.stringMatching(/app\.log\.same is the same file as .*app\.log;/)])
  })

  it('keeps a file apart from an earlier one whose inode it has got', async () => {
    await fixture.write('app.log', generation('a', 1, 10))
    await fixture.runOnce(rotating)
    await rm(fixture.path('app.log'))
    await fixture.write('app.log', generation('b', 1, 20))
    // Not every file system gives it again at once.
    const { dev, ino } = await stat(fixture.path('app.log'), { bigint: true })
    for (const key of fixture.state.keys().filter((key) => key.startsWith('file:'))) {
      fixture.state.set(key, { ...Object(fixture.state.get(key)), inode: `${dev}:${ino}` })
    }
    await fixture.runOnce(rotating)
    expectOnce(generation('a', 1, 10), generation('b', 1, 20))
  })
})
