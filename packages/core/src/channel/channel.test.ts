import type { LogBatch } from '@weir/sdk'
import { batchOf, settle } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { Channel, type OverflowPolicy } from './channel.ts'
import { fanOut } from './fan-out.ts'
import { PendingDelivery } from './pending-delivery.ts'

const parcel = (...lines: string[]) => ({ batch: batchOf(lines), delivery: new PendingDelivery(1) })
const channel = (policy: OverflowPolicy = 'block', maxRecords = 2, maxBytes = 1e6) => {
  const dropped: LogBatch[] = []
  return { dropped, channel: new Channel({ policy, maxRecords, maxBytes, onDrop: (batch) => dropped.push(batch) }) }
}
const outcome = async (promise: Promise<unknown>) => {
  let state = 'pending'
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  )
  await settle()
  return state
}

describe('a channel that blocks', () => {
  it('holds a sender back while it is full, and lets it go on when there is room', async () => {
    const { channel: full } = channel()
    await full.push(parcel('1', '2'))
    const waiting = full.push(parcel('3'))
    expect(await outcome(waiting)).toBe('pending')
    full.shift()
    expect(await outcome(waiting)).toBe('resolved')
    expect(full.records).toBe(1)
  })

  it('knows how long senders have had to wait', async () => {
    const { channel: full } = channel()
    await full.push(parcel('1', '2'))
    expect(full.blockedMs).toBe(0)
    const waiting = full.push(parcel('3'))
    await settle()
    expect(full.blockedMs).toBeGreaterThan(0)
    full.shift()
    await waiting
    const whole = full.blockedMs
    await settle()
    expect(full.blockedMs).toBe(whole)
  })

  it('is bounded in bytes too', async () => {
    const { channel: full } = channel('block', 100, 600)
    await full.push(parcel('1', '2'))
    expect(full.bytes).toBeGreaterThan(0)
    expect(await outcome(full.push(parcel('3')))).toBe('pending')
  })

  it('lets a batch in that alone is larger than the bounds, when it is empty', async () => {
    const { channel: small } = channel('block', 1)
    expect(await outcome(small.push(parcel('1', '2', '3')))).toBe('resolved')
  })

  it('gives parcels out in order, waits for more, and ends when it is closed and empty', async () => {
    const { channel: open } = channel('block', 10)
    const first = open.take()
    await open.push(parcel('1'))
    await open.push(parcel('2'))
    expect((await first)?.batch.body(0)).toBe('1')
    open.close()
    expect((await open.take())?.batch.body(0)).toBe('2')
    expect(await open.take()).toBeUndefined()
  })

  it('gives each parcel to one of several who wait, and ends for all of them', async () => {
    const { channel: shared } = channel('block', 10)
    const taken: (number | undefined)[] = []
    const readers = [1, 2, 3].map(async () => {
      for (let next = await shared.take(); next !== undefined; next = await shared.take()) taken.push(next.batch.length)
    })
    await settle()
    for (const lines of [['1'], ['1', '2'], ['1', '2', '3']]) await shared.push(parcel(...lines))
    await settle()
    expect(taken).toEqual([1, 2, 3])
    shared.close()
    expect(await outcome(Promise.all(readers))).toBe('resolved')
  })

  it('wakes another when one has stopped waiting', async () => {
    const { channel: shared } = channel()
    void shared.wait()
    const taking = shared.take()
    await shared.push(parcel('1'))
    expect(await outcome(taking)).toBe('resolved')
  })

  it('rejects the delivery of what is sent after it was closed, and of what an abort finds in it', async () => {
    const { channel: aborted } = channel('block', 10)
    const inside = parcel('1')
    const late = parcel('2')
    await aborted.push(inside)
    aborted.abort(new Error('stop'))
    await aborted.push(late)
    expect([await outcome(inside.delivery.done), await outcome(late.delivery.done)]).toEqual(['rejected', 'rejected'])
  })
})

describe('a channel that drops', () => {
  it('drops what comes when it is full, tells of it, and settles its delivery', async () => {
    const { channel: full, dropped } = channel('drop_newest')
    await full.push(parcel('1', '2'))
    const extra = parcel('3')
    await full.push(extra)
    expect(dropped.map((batch) => batch.body(0))).toEqual(['3'])
    expect(await outcome(extra.delivery.done)).toBe('resolved')
    expect(full.shift()?.batch.body(0)).toBe('1')
  })

  it('drops what waits longest to make room', async () => {
    const { channel: full, dropped } = channel('drop_oldest')
    await full.push(parcel('1'))
    await full.push(parcel('2'))
    await full.push(parcel('3'))
    expect(dropped.map((batch) => batch.body(0))).toEqual(['1'])
    expect(full.shift()?.batch.body(0)).toBe('2')
  })
})

describe('a fan-out', () => {
  it('is delivered when every branch has delivered', async () => {
    const one = channel('block', 10).channel
    const other = channel('block', 10).channel
    const delivery = await fanOut(
      batchOf(['x']),
      [one, other].map((branch) => ({ channel: branch, mutates: false })),
    )
    one.shift()?.delivery.settle()
    expect(await outcome(delivery.done)).toBe('pending')
    other.shift()?.delivery.settle()
    expect(await outcome(delivery.done)).toBe('resolved')
  })

  it('is not delivered when one branch failed, and says so only when all have settled', async () => {
    const one = channel('block', 10).channel
    const other = channel('block', 10).channel
    const delivery = await fanOut(
      batchOf(['x']),
      [one, other].map((branch) => ({ channel: branch, mutates: false })),
    )
    one.shift()?.delivery.fail(new Error('no'))
    expect(await outcome(delivery.done)).toBe('pending')
    other.shift()?.delivery.settle()
    expect(await outcome(delivery.done)).toBe('rejected')
  })

  it('gives a branch that changes records a copy of its own', async () => {
    const reader = channel('block', 10).channel
    const writer = channel('block', 10).channel
    await fanOut(batchOf(['x']), [
      { channel: reader, mutates: false },
      { channel: writer, mutates: true },
    ])
    writer.shift()?.batch.forEach((record) => {
      record.body = 'changed'
    })
    expect(reader.shift()?.batch.body(0)).toBe('x')
  })

  it('is delivered at once when there is no branch', async () => {
    expect(await outcome((await fanOut(batchOf(['x']), [])).done)).toBe('resolved')
  })
})
