import { renameSync, writeFileSync } from 'node:fs'
import { rename, utimes } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logOf } from './generations.ts'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

describe('the log of a file', () => {
  it.each([
    ['/var/log/app.log', '/var/log/app.log'],
    ['/var/log/app.log.1', '/var/log/app.log'],
    ['/var/log/app.log.12.gz', '/var/log/app.log'],
    ['/var/log/app.log-20261126', '/var/log/app.log'],
    ['/var/log/app.log-20261126.zst', '/var/log/app.log'],
    ['/var/log/app-2026-11-26.log', '/var/log/app.log'],
    ['/var/log/app-2026-11-26T10-40-40.123.log', '/var/log/app.log'],
    ['/var/log/app.log.old', '/var/log/app.log'],
    ['/var/log/worker-1.log', '/var/log/worker-1.log'],
    ['/var/log/pods/x/0.log', '/var/log/pods/x/0.log'],
    ['/var/log/pods/x/0.log.20261126-104040', '/var/log/pods/x/0.log'],
    ['/var/log/20261126', '/var/log/20261126'],
  ])('%s is %s', (path, log) => expect(logOf(path)).toBe(log))
})

describe('generations of a log', () => {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await Fixture.create()
  })
  afterEach(() => fixture.remove())

  const config = { include: ['app.log*', 'canary-*.log'] }
  /** More than a block, so that reading one takes several turns. */
  const big = 30_000

  it('are read in the order in which they were written', async () => {
    const texts = ['third', 'first', 'second'].map((name) => numbered(1, big, `${name} generation, line`))
    const [third = '', first = '', second = ''] = texts
    await fixture.write('app.log', third)
    await fixture.write('app.log.2', first)
    await fixture.write('app.log.1', second)
    await utimes(fixture.path('app.log.2'), 1000, 1000)
    await utimes(fixture.path('app.log.1'), 2000, 2000)
    await fixture.start(config)
    await fixture.untilLines(3 * big)
    expect(fixture.lines).toEqual([first, second, third].flatMap(linesOf))
  })

  it('are so under --once, too', async () => {
    await fixture.write('app.log', numbered(1, 10, 'second'))
    await fixture.write('app.log.1', numbered(1, 10, 'first'))
    await utimes(fixture.path('app.log.1'), 1000, 1000)
    await fixture.runOnce(config)
    expect(fixture.lines).toEqual([numbered(1, 10, 'first'), numbered(1, 10, 'second')].flatMap(linesOf))
  })

  it('go on where a restart found them, the older first', async () => {
    await fixture.write('app.log', numbered(1, 10, 'first'))
    await fixture.start(config)
    await fixture.untilLines(10)
    await fixture.stop()
    await fixture.append('app.log', numbered(11, big, 'first'))
    await rename(fixture.path('app.log'), fixture.path('app.log.1'))
    await fixture.write('app.log', numbered(1, big, 'second'))
    await fixture.start(config)
    await fixture.untilLines(2 * big)
    expect(fixture.lines).toEqual([numbered(1, big, 'first'), numbered(1, big, 'second')].flatMap(linesOf))
  })

  it('are so when the older one was moved away and had grown while its lines found no room', async () => {
    await fixture.write('app.log', numbered(1, 10, 'a'))
    fixture.output.block()
    await fixture.startInto({ include: ['app.log', 'canary-*.log'] })
    await fixture.until(() => fixture.output.waiting === 1)
    await rename(fixture.path('app.log'), fixture.path('old'))
    await fixture.append('old', numbered(11, 20, 'a'))
    await fixture.write('new', numbered(1, 10, 'b'))
    await rename(fixture.path('new'), fixture.path('app.log'))
    const since = fixture.clock.now()
    await fixture.until(() => fixture.clock.now() - since > 5000)
    fixture.output.open()
    await fixture.untilLines(30)
    expect(fixture.lines).toEqual([...linesOf(numbered(1, 20, 'a')), ...linesOf(numbered(1, 10, 'b'))])
  })

  it('are so when they are rotated at any moment of the start', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const one = await Fixture.create()
      try {
        await one.write('app.log', numbered(1, 10, 'a'))
        const starting = one.start(config)
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
        renameSync(one.path('app.log'), one.path('app.log.1'))
        writeFileSync(one.path('app.log'), numbered(1, 10, 'b'))
        await starting
        await one.untilLines(20)
        expect(one.lines, `after ${turns} turns`).toEqual(['a', 'b'].flatMap((name) => linesOf(numbered(1, 10, name))))
      } finally {
        await one.remove()
      }
    }
  })

  it('lose none under --once, and are in order, when they are rotated at any moment', async () => {
    const [a, b] = ['a', 'b'].map((name) => linesOf(numbered(1, 10, name)))
    for (let turns = 0; turns < 60; turns++) {
      const one = await Fixture.create()
      try {
        await one.write('app.log', numbered(1, 10, 'a'))
        const running = one.runOnce(config)
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
        renameSync(one.path('app.log'), one.path('app.log.1'))
        writeFileSync(one.path('app.log'), numbered(1, 10, 'b'))
        await running
        // What came after it had looked is for the next run.
        const expected = one.lines.length === 10 ? a : [a, b].flat()
        expect(one.lines, `after ${turns} turns`).toEqual(expected)
      } finally {
        await one.remove()
      }
    }
  })

  it('do not keep files of other logs waiting', async () => {
    await fixture.write('app.log', numbered(1, big, 'app'))
    await fixture.write('app.log.1', numbered(1, big, 'older app'))
    await fixture.write('other.log', numbered(1, 10, 'other'))
    await fixture.start({ include: ['*.log*'] })
    await fixture.untilLines(2 * big + 10)
    const last = fixture.lines.findLastIndex((line) => line.startsWith('other'))
    expect(last).toBeLessThan(2 * big)
  })
})
