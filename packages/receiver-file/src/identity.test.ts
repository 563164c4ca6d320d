import { rename, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

const expectOnce = (...texts: string[]) => expect(fixture.lines.toSorted()).toEqual(texts.flatMap(linesOf).toSorted())
/** As long as a fingerprint. */
const kilobyte = numbered(1, 100, 'shared')

describe('a fingerprint that is shorter than it may be', () => {
  it('grows with its file, over restarts, and moves no position', async () => {
    const text = numbered(1, 30, 'a line of a file that grows over the size of its fingerprint')
    await fixture.write('app.log', '')
    for (const line of linesOf(text)) {
      await fixture.start()
      await fixture.append('app.log', `${line}\n`)
      await fixture.until(() => fixture.lines.includes(line))
      await fixture.stop()
    }
    expect(fixture.lines).toEqual(linesOf(text))
  })

  it('does not grow beyond its size', async () => {
    await fixture.write('app.log', numbered(1, 5))
    await fixture.start({ fingerprint_size: '50B' })
    await fixture.untilLines(5)
    await fixture.append('app.log', numbered(6, 100))
    await fixture.untilLines(100)
    await fixture.stop()
    await rename(fixture.path('app.log'), fixture.path('other.log'))
    await fixture.append('other.log', numbered(101, 110))
    await fixture.start({ fingerprint_size: '50B' })
    await fixture.untilLines(110)
    await fixture.pass()
    expectOnce(numbered(1, 110))
  })

  it('may become longer by the config: what was read is not read again', async () => {
    await fixture.write('app.log', kilobyte.repeat(10))
    await fixture.runOnce({ fingerprint_size: '50B' })
    await fixture.append('app.log', 'last\n')
    await fixture.runOnce({ fingerprint_size: '4KiB' })
    expectOnce(...Array(10).fill(kilobyte), 'last\n')
  })

  it('may be configured to be longer than what is read at once', async () => {
    const text = numbered(1, 200_000)
    await fixture.write('app.log', text)
    await fixture.start({ fingerprint_size: '2MiB' })
    await fixture.untilLines(200_000)
    await fixture.stop()
    await rename(fixture.path('app.log'), fixture.path('app-1.log'))
    await fixture.append('app-1.log', 'last\n')
    await fixture.start({ fingerprint_size: '2MiB' })
    await fixture.until(() => fixture.lines.at(-1) === 'last')
    await fixture.pass()
    expect(fixture.lines).toEqual([...linesOf(text), 'last'])
  })

  it('may become shorter by the config: what was read is not read again, nor what was rotated meanwhile', async () => {
    for (const name of ['app.log', 'other.log']) await fixture.write(name, `${name}\n${kilobyte.repeat(10)}`)
    await fixture.runOnce({ fingerprint_size: '4KiB' })
    await rename(fixture.path('app.log'), fixture.path('app-1.log'))
    await fixture.append('app-1.log', 'last\n')
    await fixture.append('other.log', 'last\n')
    await fixture.start({ fingerprint_size: '50B' })
    await fixture.untilLines(2004)
    await fixture.append('app-1.log', 'later\n')
    await fixture.until(() => fixture.lines.includes('later'))
    await fixture.pass()
    expectOnce(...Array(20).fill(kilobyte), 'app.log\n', 'other.log\n', 'last\n', 'last\n', 'later\n')
  })
})

describe('files that begin alike', () => {
  it('for the whole of a fingerprint are told apart, also over a restart', async () => {
    for (const name of ['a', 'b']) await fixture.write(`${name}.log`, kilobyte + numbered(1, 10, name))
    await fixture.start()
    await fixture.untilLines(220)
    await fixture.stop()
    for (const name of ['a', 'b']) await fixture.append(`${name}.log`, numbered(11, 12, name))
    await fixture.write('c.log', kilobyte + numbered(1, 10, 'c'))
    await fixture.start()
    await fixture.untilLines(334)
    await fixture.pass()
    expectOnce(kilobyte, kilobyte, kilobyte, numbered(1, 12, 'a'), numbered(1, 12, 'b'), numbered(1, 10, 'c'))
  })

  it('and grow line by line are told apart, though one is behind the other', async () => {
    await fixture.start()
    for (const line of linesOf(kilobyte.slice(0, 300))) {
      for (const name of ['a', 'b']) await fixture.append(`${name}.log`, `${line}\n`)
      await fixture.clock.advance(100)
    }
    await fixture.append('b.log', numbered(1, 3, 'b'))
    await fixture.append('a.log', numbered(1, 3, 'a'))
    const shared = linesOf(kilobyte.slice(0, 300)).join('\n').concat('\n')
    await fixture.untilLines(2 * linesOf(shared).length + 6)
    await fixture.pass()
    expectOnce(shared, shared, numbered(1, 3, 'a'), numbered(1, 3, 'b'))
  })

  it('and were copied and rotated while it was stopped are told apart', async () => {
    await fixture.write('app.log', kilobyte + numbered(1, 10, 'a'))
    await fixture.runOnce({ include: ['app.log*'] })
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.append('app.log.1', numbered(11, 12, 'a'))
    await fixture.write('app.log', kilobyte + numbered(1, 10, 'b'))
    await fixture.runOnce({ include: ['app.log*'] })
    expectOnce(kilobyte, kilobyte, numbered(1, 12, 'a'), numbered(1, 10, 'b'))
  })
})

describe('a file in place of another', () => {
  it('is read whole, and the rest of the other, when it was renamed over it', async () => {
    await fixture.write('app.log', numbered(1, 100, 'a'))
    await fixture.start()
    await fixture.untilLines(100)
    await fixture.append('app.log', numbered(101, 110, 'a'))
    await fixture.write('new', numbered(1, 50, 'b'))
    await rename(fixture.path('new'), fixture.path('app.log'))
    await fixture.untilLines(160)
    await fixture.pass()
    expectOnce(numbered(1, 110, 'a'), numbered(1, 50, 'b'))
  })

  it('is read on, when it holds the same and more', async () => {
    for (const size of [30, 300]) {
      await fixture.write('app.log', numbered(1, size, `${size}`))
      await fixture.start()
      await fixture.until(() => fixture.lines.includes(`${size} ${size}`))
      for (let more = 1; more <= 3; more++) {
        await fixture.write('new', numbered(1, size + more, `${size}`))
        await rename(fixture.path('new'), fixture.path('app.log'))
        await fixture.until(() => fixture.lines.includes(`${size} ${size + more}`))
      }
      await fixture.pass()
      await fixture.stop()
      await rm(fixture.path('app.log'))
    }
    expectOnce(numbered(1, 33, '30'), numbered(1, 303, '300'))
  })

  it('is read whole, though it begins alike and more files are followed than may be open', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}.log`)
    await Promise.all(names.map((name) => fixture.write(name, kilobyte + numbered(1, 3, `old ${name}`))))
    await fixture.start({ max_open_files: 8 })
    await fixture.untilLines(30 * 103)
    for (const name of names) {
      await fixture.write('new', kilobyte + numbered(1, 3, `new ${name}`))
      await rename(fixture.path('new'), fixture.path(name))
    }
    await fixture.untilLines(60 * 103)
    await fixture.pass()
    const texts = names.flatMap((name) => ['old', 'new'].map((age) => kilobyte + numbered(1, 3, `${age} ${name}`)))
    expectOnce(...texts)
  })

  it('is read whole, when it was deleted and another got its inode', async () => {
    await fixture.start()
    for (const name of ['a', 'b', 'c', 'd']) {
      await fixture.write('app.log', numbered(1, 100, name))
      await fixture.until(() => fixture.lines.includes(`${name} 100`))
      await rm(fixture.path('app.log'))
    }
    await fixture.pass()
    expectOnce(...['a', 'b', 'c', 'd'].map((name) => numbered(1, 100, name)))
  })
})

describe('tiny files', () => {
  it('of a byte or two are read once, over restarts', async () => {
    const files = { 'a.log': 'a', 'b.log': '\n', 'c.log': 'c\n', 'd.log': '\r\n', 'e.log': 'é' }
    for (const [name, text] of Object.entries(files)) await fixture.write(name, text)
    await fixture.runOnce()
    await fixture.runOnce()
    expect(fixture.lines.toSorted()).toEqual(['', '', 'a', 'c', 'é'])
  })

  it('with the same content are files of their own', async () => {
    for (let index = 0; index < 50; index++) await fixture.write(`${index}.log`, 'alive\n')
    await fixture.runOnce()
    await fixture.runOnce()
    expect(fixture.lines).toEqual(Array(50).fill('alive'))
  })
})
