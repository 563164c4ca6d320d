import { LogBatch, type Record } from '@weir/sdk'
import { batchOf, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { Tap } from './tap.ts'
import { TapAllowance } from './tap-allowance.ts'
import { TapPoint } from './tap-point.ts'

/** A tap whose reader remembers what it gets. */
function tapOf({
  clock = new TestClock(),
  perSecond = 1000,
  limit = Number.MAX_SAFE_INTEGER,
  where = undefined as ((r: Record) => boolean) | undefined,
}) {
  const lines: string[] = []
  const reader = {
    isFull: false,
    reason: '',
    write(text: string) {
      lines.push(...text.trimEnd().split('\n'))
    },
    end(reason: string) {
      reader.reason = reason
    },
  }
  const tap = new Tap({ perSecond, limit, where }, reader, clock, new TapAllowance(clock))
  return { tap, clock, reader, bodies: () => lines.map((line) => JSON.parse(line).body) }
}

const numbered = (from: number, to: number) =>
  batchOf(Array.from({ length: to - from }, (_, index) => `line ${from + index}`))

describe('a tap', () => {
  it('copies what passes while it looks on, and nothing before or after', () => {
    const { tap, bodies } = tapOf({})
    const point = new TapPoint()
    point.pass(numbered(0, 2))
    const stop = point.watch(tap)
    point.pass(numbered(2, 4))
    stop()
    point.pass(numbered(4, 6))
    expect(bodies()).toEqual(['line 2', 'line 3'])
    expect(point.records).toBe(6)
  })

  it('shows no more in a second than its rate, and more when time has passed', async () => {
    const { tap, clock, bodies } = tapOf({ perSecond: 10 })
    tap.see(numbered(0, 100))
    tap.see(numbered(100, 200))
    expect(bodies()).toHaveLength(10)
    await clock.advance(500)
    tap.see(numbered(200, 300))
    expect(bodies().slice(10)).toEqual(['line 200', 'line 201', 'line 202', 'line 203', 'line 204'])
    expect(tap.counts).toEqual({ passed: 300, examined: 15, matched: 15, shown: 15, dropped: 0 })
  })

  it('shows the records that a condition is true for', () => {
    const { tap, bodies } = tapOf({ where: ({ body }) => String(body).endsWith('7') })
    tap.see(numbered(0, 30))
    expect(bodies()).toEqual(['line 7', 'line 17', 'line 27'])
    expect(tap.counts).toMatchObject({ passed: 30, examined: 30, matched: 3 })
  })

  it('sees only the records of a batch that count', () => {
    const { tap, bodies } = tapOf({})
    tap.see(numbered(0, 5).select(Uint32Array.of(1, 4)))
    expect(bodies()).toEqual(['line 1', 'line 4'])
  })

  it('ends at its limit', () => {
    const { tap, reader, bodies } = tapOf({ limit: 3 })
    tap.see(numbered(0, 2))
    expect(reader.reason).toBe('')
    tap.see(numbered(2, 9))
    expect(bodies()).toHaveLength(3)
    expect(reader.reason).toBe('limit')
  })

  it('drops what a reader does not take, and counts it', () => {
    const { tap, reader, bodies } = tapOf({})
    reader.isFull = true
    tap.see(numbered(0, 5))
    reader.isFull = false
    tap.see(numbered(5, 6))
    expect(bodies()).toEqual(['line 5'])
    expect(tap.counts).toMatchObject({ passed: 6, shown: 1, dropped: 5 })
  })

  it('stops looking when its share of the time is used up, until there is time again', () => {
    let now = 0
    const { tap } = tapOf({
      clock: new (class extends TestClock {
        override monotonic = () => now
      })(),
      where: () => {
        now++
        return false
      },
    })
    tap.see(numbered(0, 10_000))
    const { examined } = tap.counts
    expect(examined).toBeLessThan(200)
    tap.see(numbered(0, 10_000))
    expect(tap.counts.examined).toBe(examined)
    now += 10_000
    tap.see(numbered(0, 10_000))
    expect(tap.counts.examined).toBeGreaterThan(examined)
  })

  it('is taken off when it throws, and the others go on', () => {
    const { tap, reader } = tapOf({
      where: () => {
        throw new Error('broken')
      },
    })
    const other = tapOf({})
    const point = new TapPoint()
    point.watch(tap)
    point.watch(other.tap)
    point.pass(numbered(0, 1))
    point.pass(numbered(1, 2))
    expect(reader.reason).toBe('error')
    expect(other.bodies()).toEqual(['line 0', 'line 1'])
  })

  it('keeps nothing of a batch that is filled again', () => {
    const { tap, bodies } = tapOf({})
    const batch = new LogBatch()
    batch.append().body = 'first'
    tap.see(batch)
    batch.reset().append().body = 'second'
    expect(bodies()).toEqual(['first'])
  })
})
