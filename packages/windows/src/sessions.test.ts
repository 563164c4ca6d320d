import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Saved } from './saved.ts'
import { Sessions } from './sessions.ts'

const kind = {
  create: () => ({ count: 0 }),
  save: ({ count }: { count: number }) => ({ count }),
  load: (saved: Saved) => ({ count: saved.number('count', 0) }),
  merge(earlier: { count: number }, later: { count: number }) {
    earlier.count += later.count
  },
}

/** The sessions of records in this order, as [key, start, end, records]. */
function sessionsOf(times: readonly number[], { gap = 10, longest = 1000 } = {}) {
  const sessions = new Sessions({ gap, longest }, kind)
  for (const time of times) {
    const content = sessions.at('a', time)
    if (content !== undefined) content.count++
  }
  const found: [string, number, number, number][] = []
  sessions.close(Number.POSITIVE_INFINITY, (key, start, end, { count }) => found.push([key, start, end, count]))
  return found
}

it('ends a session when nothing has come for the gap', () => {
  expect(sessionsOf([0, 5, 12, 30, 31])).toEqual([
    ['a', 0, 22, 3],
    ['a', 30, 41, 2],
  ])
})

it('cuts a session that does not end', () => {
  expect(sessionsOf([0, 5, 10, 15, 20], { longest: 12 })).toEqual([
    ['a', 0, 20, 3],
    ['a', 15, 30, 2],
  ])
})

it('finds the same sessions in whatever order the records come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { minLength: 1 }), fc.infiniteStream(fc.nat()), (times, draws) => {
      const keys = new Map(times.map((time) => [time, draws.next().value]))
      const shuffled = [...times].sort((one, other) => (keys.get(one) ?? 0) - (keys.get(other) ?? 0))
      const sorted = [...times].sort((one, other) => one - other)
      expect(sessionsOf(shuffled)).toEqual(sessionsOf(sorted))
    }),
  )
})

it('hands out what is over at the watermark, refuses what is late, and goes on after a restart', () => {
  const first = new Sessions({ gap: 10, longest: 1000 }, kind)
  for (const [key, time] of [
    ['a', 0],
    ['b', 4],
    ['a', 8],
  ] as const) {
    const content = first.at(key, time)
    if (content !== undefined) content.count++
  }
  const closed: string[] = []
  first.close(14, (key, start, end) => closed.push(`${key} ${start} ${end}`))
  expect(closed).toEqual(['b 4 14'])
  expect(first.at('b', 3)).toBeUndefined()
  const second = new Sessions({ gap: 10, longest: 1000 }, kind)
  second.restore(new Saved({ all: first.snapshot() }).children('all'))
  second.close(18, (key, start, end, { count }) => closed.push(`${key} ${start} ${end} ${count}`))
  expect(closed.slice(1)).toEqual(['a 0 18 2'])
})
