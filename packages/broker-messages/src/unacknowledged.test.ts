import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Unacknowledged } from './unacknowledged.ts'

/** What the next run knows, after a crash. */
const restarted = (run: Unacknowledged) => new Unacknowledged(JSON.parse(JSON.stringify(run.checkpoint())))

describe('what was sent and is not acknowledged', () => {
  it('is known to the next run, and to the one after that, whatever the ids are', () => {
    const id = fc.oneof(
      fc.nat(30).map(String),
      fc
        .tuple(fc.constantFrom('a', 'weir:logs'), fc.nat(3), fc.nat(9))
        .map(([name, ms, nr]) => `${name} 17${ms}-${nr}`),
      fc.constantFrom('07', '7', '9999999999999999999999', '', '-', '__proto__', 'x1y'),
      fc.string(),
    )
    const entry = fc.record({ id, batches: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY) })
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: (each) => each.id }), (entries) => {
        const run = new Unacknowledged()
        for (const each of entries) run.sent(each.id, each.batches)
        const known = (next: Unacknowledged) => entries.map((each) => next.sentEarlier(each.id))
        const expected = entries.map(({ batches }) => batches)
        const next = restarted(run)
        expect(known(next)).toEqual(expected)
        expect(known(restarted(next))).toEqual(expected)
      }),
    )
  })

  it('is few words for a row of numbers', () => {
    const run = new Unacknowledged()
    for (let number = 1; number <= 10_000; number++) run.sent(String(number))
    expect(JSON.stringify(run.checkpoint()).length).toBeLessThan(50)
    expect(restarted(run).sentEarlier('10000')).toBe(Number.POSITIVE_INFINITY)
    expect(restarted(run).sentEarlier('10001')).toBe(0)
  })

  it('is known while the broker may not have heard of the acknowledgement, and then forgotten', () => {
    const run = new Unacknowledged()
    for (const id of ['certain', 'told', 'failed']) run.sent(id)
    run.acknowledged('certain', true)
    run.acknowledged('told')
    run.failed('failed')
    const known = () => {
      const next = restarted(run)
      return ['certain', 'told', 'failed'].map((id) => next.sentEarlier(id) > 0)
    }
    expect(known()).toEqual([false, true, false])
    expect(known()).toEqual([false, true, false])
    expect(known()).toEqual([false, false, false])
  })

  it('counts for nothing when what is stored is something else', () => {
    for (const stored of [null, 7, 'x', [], { whole: 7, begun: 'x' }, { whole: ['a'] }]) {
      expect(new Unacknowledged(stored).sentEarlier('a')).toBe(0)
    }
  })
})
