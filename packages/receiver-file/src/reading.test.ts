import { truncate } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fixture, linesOf, numbered } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

describe('reading to the end (--once)', () => {
  it('reads every file whole, flushes a last line without a newline, and ends', async () => {
    await fixture.write('a.log', 'a1\na2\n')
    await fixture.write('b.log', 'b1\nb2')
    await fixture.write('empty.log', '')
    const begun = fixture.clock.now()
    await fixture.runOnce({ flush_period: '24h' })
    expect(fixture.clock.now() - begun).toBeLessThan(24 * 3_600_000)
    expect(fixture.lines.toSorted()).toEqual(['a1', 'a2', 'b1', 'b2'])
    expect(fixture.clock.pending).toBe(0)
  })

  it('reads a file of many blocks in order', async () => {
    const text = numbered(1, 200_000)
    await fixture.write('big.log', text)
    await fixture.runOnce()
    expect(fixture.lines.length).toBe(200_000)
    expect(fixture.lines.join('\n')).toBe(linesOf(text).join('\n'))
  })

  it('reads on where the run before ended', async () => {
    await fixture.write('a.log', numbered(1, 3))
    await fixture.runOnce()
    await fixture.append('a.log', numbered(4, 5))
    await fixture.runOnce()
    expect(fixture.lines).toEqual(linesOf(numbered(1, 5)))
  })
})

describe('following', () => {
  it('sees what the system announces without waiting for the poll', async () => {
    await fixture.write('a.log', numbered(1, 1))
    await fixture.start({ poll_interval: '1h' })
    const begun = fixture.clock.now()
    await fixture.append('a.log', numbered(2, 2))
    await fixture.untilLines(2)
    await fixture.write('b.log', numbered(3, 3))
    await fixture.untilLines(3)
    expect(fixture.clock.now() - begun).toBeLessThan(3_000_000)
  })

  it('reads on behind 4 GiB', async () => {
    await fixture.write('a.log', '')
    await truncate(fixture.path('a.log'), 5 * 2 ** 30 + 1)
    await fixture.append('a.log', '\nold\n')
    await fixture.start({ start_at: 'end' })
    await fixture.append('a.log', 'new\n')
    await fixture.untilLines(1)
    await fixture.stop()
    await fixture.append('a.log', 'newer\n')
    await fixture.start({ start_at: 'end' })
    await fixture.untilLines(2)
    expect(fixture.lines).toEqual(['new', 'newer'])
  })

  it('reads what is there, then what comes', async () => {
    await fixture.write('a.log', numbered(1, 3))
    await fixture.start()
    await fixture.untilLines(3)
    await fixture.append('a.log', numbered(4, 5))
    await fixture.untilLines(5)
    await fixture.write('b.log', numbered(6, 7))
    await fixture.untilLines(7)
    expect(fixture.lines).toEqual(linesOf(numbered(1, 7)))
    await fixture.stop()
    expect(fixture.clock.pending).toBe(0)
  })
})
