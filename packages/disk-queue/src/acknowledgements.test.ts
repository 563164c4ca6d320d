import { settle, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { Acknowledgements, type FsyncPolicy } from './acknowledgements.ts'

/** Acknowledgements whose fsyncs end when the test says so. */
function held(policy: FsyncPolicy) {
  const clock = new TestClock()
  const syncs: PromiseWithResolvers<void>[] = []
  const errors: unknown[] = []
  const acknowledgements = new Acknowledgements({
    policy,
    intervalMs: 200,
    clock,
    sync: () => {
      const sync = Promise.withResolvers<void>()
      syncs.push(sync)
      return sync.promise
    },
    onError: (error) => errors.push(error),
  })
  const outcomes: string[] = []
  const write = (name: string, bytes = 1) =>
    acknowledgements.hold(
      { settle: () => outcomes.push(`${name} settled`), fail: () => outcomes.push(`${name} failed`) },
      bytes,
    )
  return { acknowledgements, clock, syncs, errors, outcomes, write }
}

describe('acknowledgements', () => {
  it('wait for an fsync that began after the write', async () => {
    const { syncs, outcomes, write } = held('always')
    write('a')
    write('b')
    expect(syncs).toHaveLength(1)
    syncs[0]?.resolve()
    await settle()
    expect(outcomes).toEqual(['a settled'])
    syncs[1]?.resolve()
    await settle()
    expect(outcomes).toEqual(['a settled', 'b settled'])
    expect(syncs).toHaveLength(2)
  })

  it('share an fsync within the interval, and do not wait for it when much was written', async () => {
    const { clock, syncs, outcomes, write } = held('interval')
    write('a')
    write('b')
    await clock.advance(199)
    expect(syncs).toHaveLength(0)
    await clock.advance(1)
    syncs[0]?.resolve()
    await settle()
    expect(outcomes).toEqual(['a settled', 'b settled'])
    write('c', 1 << 20)
    expect(syncs).toHaveLength(2)
  })

  it('fail when an fsync does, and all that was written before it was known to fail, however well the next goes', async () => {
    const { acknowledgements, syncs, errors, outcomes, write } = held('always')
    write('a')
    write('b')
    syncs[0]?.reject(new Error('EIO'))
    await settle()
    write('c')
    const flushed = acknowledgements.flush()
    syncs[1]?.resolve()
    await flushed
    expect(outcomes).toEqual(['a failed', 'b failed', 'c settled'])
    expect(errors).toEqual([new Error('EIO')])
  })
})
