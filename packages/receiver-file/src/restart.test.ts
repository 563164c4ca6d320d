import { utimes } from 'node:fs/promises'
import type { Lines, LinesDelivery } from '@weir/sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

describe('restart', () => {
  it('goes on where delivery was acknowledged', async () => {
    await fixture.write('a.log', numbered(1, 10))
    await fixture.start()
    await fixture.untilLines(10)
    await fixture.stop()
    await fixture.append('a.log', numbered(11, 20))
    await fixture.start()
    await fixture.untilLines(20)
    await fixture.pass()
    expect(fixture.lines).toEqual(linesOf(numbered(1, 20)))
  })

  it('reads again what was not acknowledged', async () => {
    await fixture.write('a.log', numbered(1, 5))
    await fixture.start()
    await fixture.untilLines(5)
    await fixture.clock.advance(1000)
    fixture.output.holding = true
    await fixture.append('a.log', numbered(6, 10))
    await fixture.untilLines(10)
    await fixture.clock.advance(1000)
    await fixture.crash()
    await fixture.start()
    await fixture.untilLines(15)
    await fixture.pass()
    expect(fixture.lines).toEqual([...linesOf(numbered(1, 10)), ...linesOf(numbered(6, 10))])
  })

  it('does not move its checkpoint past a delivery that is still under way', async () => {
    await fixture.write('a.log', numbered(1, 2))
    await fixture.start()
    await fixture.untilLines(2)
    const first = Promise.withResolvers<void>()
    const { sendLines } = fixture.output
    const done = [first.promise, Promise.resolve()]
    fixture.output.sendLines = async (lines) => {
      const delivery = await sendLines.call(fixture.output, lines)
      return { ...delivery, done: done.shift() ?? delivery.done }
    }
    await fixture.append('a.log', numbered(3, 4))
    await fixture.untilLines(4)
    await fixture.append('a.log', numbered(5, 6))
    await fixture.untilLines(6)
    await fixture.clock.advance(1000)
    await fixture.crash()
    await fixture.start()
    await fixture.untilLines(10)
    expect(fixture.lines.slice(6)).toEqual(linesOf(numbered(3, 6)))
  })

  it('sends refused lines again after a while, and goes on', async () => {
    await fixture.write('a.log', numbered(1, 5))
    await fixture.start()
    await fixture.untilLines(5)
    fixture.output.holding = true
    await fixture.append('a.log', numbered(6, 10))
    await fixture.untilLines(10)
    fixture.output.holding = false
    fixture.output.rejectAll(new Error('the sink is gone'))
    await fixture.untilLines(15)
    await fixture.append('a.log', numbered(11, 12))
    await fixture.untilLines(17)
    expect(fixture.lines.slice(10)).toEqual(linesOf(numbered(6, 12)))
    expect(fixture.warnings).toEqual([expect.stringContaining('a.log: lines were not delivered; they are read again')])
  })

  it('keeps the beginning of a line over a restart', async () => {
    await fixture.write('a.log', 'one\ntw')
    await fixture.start({ flush_period: '0' })
    await fixture.untilLines(1)
    await fixture.pass()
    await fixture.stop()
    await fixture.append('a.log', 'o\nthree\n')
    await fixture.start({ flush_period: '0' })
    await fixture.untilLines(3)
    expect(fixture.lines).toEqual(['one', 'two', 'three'])
  })

  it('begins again with a line that was being thrown away as too long', async () => {
    const long = 'x'.repeat(2 << 20)
    await fixture.write('a.log', `one\n${long}`)
    const { sendLines } = fixture.output
    let taken = 0
    fixture.output.sendLines = async (lines) => {
      await sendLines.call(fixture.output, lines)
      taken += lines.to - lines.from
      return { done: Promise.resolve(), stored: Promise.resolve(), consumed: lines.to }
    }
    await fixture.startInto({ include: ['a.log'], flush_period: '0' })
    await fixture.until(() => taken === 4 + long.length)
    await fixture.stop()
    await fixture.append('a.log', 'y\ntwo\n')
    await fixture.start({ include: ['a.log'] })
    await fixture.until(() => fixture.lines.includes('two'))
    expect(fixture.lines).toEqual(['one', `${long}y`, 'two'])
  })

  it('does not repeat a last line that was flushed without its end', async () => {
    await fixture.write('a.log', 'one\ntwo')
    await fixture.start()
    await fixture.untilLines(2)
    await fixture.stop()
    await fixture.append('a.log', '\nthree\n')
    await fixture.start()
    await fixture.until(() => fixture.lines.includes('three'))
    expect(fixture.lines.filter((text) => text !== '')).toEqual(['one', 'two', 'three'])
  })

  it('sends a last line without an end after `flush_period`, and does not repeat it when its end comes', async () => {
    await fixture.write('a.log', 'one\ntwo')
    const begun = fixture.clock.now()
    await fixture.start({ flush_period: '5s' })
    await fixture.untilLines(1)
    await fixture.untilLines(2)
    expect(fixture.clock.now() - begun).toBeGreaterThanOrEqual(5000)
    await fixture.append('a.log', '\nthree\n')
    await fixture.until(() => fixture.lines.includes('three'))
    // The empty line is what a newline after a line that was sent looks like; the pipeline leaves it out.
    expect(fixture.lines).toEqual(['one', 'two', '', 'three'])
  })

  it('cuts no record of several lines, whether it stops or is killed in the middle of one', async () => {
    const texts = Array.from({ length: 40 }, (_, index) => `${index} first\n  second\n  third\n`)
    const records: string[] = []
    /** Records begin where a line does not begin with a space. */
    const sendLines = async ({ bytes, from, to, flush }: Lines): Promise<LinesDelivery> => {
      const text = bytes.toString('utf8', from, to)
      const starts = Array.from(text.matchAll(/^(?! )/gm), ({ index }) => index).filter((index) => index < text.length)
      const complete = flush === true ? text.length : (starts.at(-1) ?? 0)
      const pieces = starts.filter((start) => start < complete)
      for (const [index, start] of pieces.entries()) records.push(text.slice(start, pieces[index + 1] ?? complete))
      return { consumed: from + complete, done: Promise.resolve(), stored: Promise.resolve() }
    }
    const start = async () => {
      fixture.output.sendLines = sendLines
      await fixture.startInto({ include: ['a.log'] })
    }
    const bytes = texts.join('')
    await start()
    for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7) % 31) {
      await fixture.append('a.log', bytes.slice(at, at + step))
      await fixture.clock.advance(40)
      if (step % 5 === 0) {
        await fixture.clock.advance(step % 2 === 0 ? 0 : 100)
        await (step % 10 === 0 ? fixture.crash() : fixture.stop())
        await start()
      }
    }
    await fixture.until(() => records.at(-1) === texts.at(-1))
    expect(new Set(records)).toEqual(new Set(texts))
  })

  it('sets a damaged checkpoint aside, and reads that file alone anew', async () => {
    for (const name of ['a', 'b', 'c']) await fixture.write(`${name}.log`, numbered(1, 3, name))
    await fixture.runOnce()
    const spoilt = { 'a.log': { version: 99 }, 'b.log': 'nonsense' }
    for (const [name, value] of Object.entries(spoilt))
      for (const key of fixture.state.keys()) if (key.includes(name)) fixture.state.set(key, value)
    await fixture.runOnce()
    const twice = ['a', 'b'].flatMap((name) => linesOf(numbered(1, 3, name)).flatMap((text) => [text, text]))
    expect(fixture.lines.toSorted()).toEqual([...twice, ...linesOf(numbered(1, 3, 'c'))])
    expect(fixture.warnings).toEqual([expect.stringContaining('2 checkpoints are of another version or damaged')])
  })
})

describe('start_at: end', () => {
  const atEnd = { start_at: 'end' }

  it('leaves out what was there, and reads what comes from whole lines on', async () => {
    await fixture.write('a.log', `${numbered(1, 5)}line`)
    await fixture.start(atEnd)
    await fixture.append('a.log', ` 6\n${numbered(7, 8)}`)
    await fixture.untilLines(3)
    await fixture.write('b.log', numbered(9, 10))
    await fixture.untilLines(5)
    expect(fixture.lines).toEqual(linesOf(numbered(6, 10)))
  })

  it('misses nothing that is written after the start, though lines are written all the time', async () => {
    await fixture.write('a.log', numbered(1, 1000))
    let written = 1000
    let isOn = true
    const writing = (async () => {
      while (isOn) {
        // In two parts, so that it is likely to start in the middle of a line.
        await fixture.append('a.log', `line ${++written}`)
        await fixture.append('a.log', '\n')
      }
    })()
    const before = written
    await fixture.start({ ...atEnd, flush_period: '0' })
    const after = written
    await fixture.untilLines(100)
    isOn = false
    await writing
    await fixture.until(() => fixture.lines.at(-1) === `line ${written}`)
    const first = written - fixture.lines.length + 1
    expect(fixture.lines).toEqual(linesOf(numbered(first, written)))
    expect(first).toBeGreaterThanOrEqual(before)
    expect(first).toBeLessThanOrEqual(after + 1)
  })

  it('reads everything that came while it was stopped', async () => {
    await fixture.write('a.log', numbered(1, 5))
    await fixture.start(atEnd)
    await fixture.stop()
    await fixture.append('a.log', numbered(6, 7))
    await fixture.write('b.log', numbered(8, 9))
    await fixture.start(atEnd)
    await fixture.untilLines(4)
    await fixture.pass()
    expect(fixture.lines.toSorted()).toEqual(linesOf(numbered(6, 9)))
  })

  it('begins behind the last line in UTF-16 as well', async () => {
    await fixture.write('a.log', Buffer.from('\uFEFFone\ntwo\n', 'utf16le'))
    await fixture.start({ ...atEnd, encoding: 'utf-16le', include: ['a.log'] })
    await fixture.append('a.log', Buffer.from('three\n', 'utf16le'))
    await fixture.untilLines(1)
    expect(fixture.lines).toEqual(['three'])
  })
})

describe('exclude_older_than', () => {
  it('leaves out files that have not been written for long, until they are', async () => {
    await fixture.write('old.log', numbered(1, 3))
    const longAgo = new Date(fixture.clock.now() - 3 * 24 * 3_600_000)
    await utimes(fixture.path('old.log'), longAgo, longAgo)
    await fixture.start({ exclude_older_than: '24h' })
    await fixture.pass()
    expect(fixture.lines).toEqual([])
    await fixture.append('old.log', numbered(4, 4))
    await fixture.untilLines(4)
  })
})
