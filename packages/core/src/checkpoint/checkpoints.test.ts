import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Checkpoint } from '@weir/sdk'
import { MemoryLogger, settle, TestClock } from '@weir/sdk/testing'
import { StateStore } from '@weir/state'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import { Checkpoints } from './checkpoints.ts'
import { DeliveryLedger } from './delivery-ledger.ts'
import { Gate } from './gate.ts'
import { HeldState } from './held-state.ts'

let folder: string
let store: StateStore
let clock: TestClock
let deliveries: DeliveryLedger
let gate: Gate
let passage: { isIdle: boolean }
let checkpoints: Checkpoints
let logger: MemoryLogger
let source: HeldState
let counter: HeldState
/** What the source would say, and the counter, which counts what has passed. */
let sent: number
let counted: number
/** Checkpoints that were taken, stored or not. */
let taken: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-checkpoint-'))
  store = await StateStore.open(folder, () => {})
  clock = new TestClock(0)
  deliveries = new DeliveryLedger()
  gate = new Gate()
  passage = { isIdle: true }
  source = new HeldState('receiver/source', store.namespace('receiver/source'))
  counter = new HeldState('processor/counter', store.namespace('processor/counter'))
  sent = 0
  counted = 0
  taken = 0
  forgettable = []
  refused = 0
  const participants = [
    { state: source, checkpoint: (): Checkpoint => ({ position: sent }) },
    { state: counter, checkpoint: (): Checkpoint => ({ count: counted, taken: ++taken }) },
  ]
  logger = new MemoryLogger()
  checkpoints = new Checkpoints({
    ...{ gates: [gate], passages: [passage], deliveries, participants, clock, logger, intervalMs: 5000 },
    // One that a test opens anew is taken.
    get store() {
      return store
    },
  })
  checkpoints.start()
})

afterEach(async () => {
  await checkpoints.end()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const cannotStore = 'the checkpoint could not be stored; it is tried again with the next one'
const stored = () => [
  store.namespace('receiver/source').get('position'),
  store.namespace('processor/counter').get('count'),
]

/** What the sources may forget, in the order in which they came to know. */
let forgettable: number[]
let refused: number

/** Sends a record; returns its delivery. */
async function send(): Promise<PendingDelivery> {
  const delivery = new PendingDelivery(1)
  await gate.pass(async () => {
    const number = sent + 1
    deliveries.add(delivery).then(
      () => forgettable.push(number),
      () => refused++,
    )
    sent++
    counted++
  })
  return delivery
}

describe('a checkpoint', () => {
  it('is stored once everything that it covers has been delivered, and then all of it together', async () => {
    const first = await send()
    await clock.advance(5000)
    await expect.poll(() => taken).toBe(1)
    expect(stored()).toEqual([undefined, undefined])
    // Sent after the moment of the checkpoint, or while it was made: not covered, whether delivered or not.
    const second = send()
    first.settle()
    ;(await second).settle()
    await expect.poll(() => stored()).not.toContain(undefined)
    const [position, count] = stored()
    expect(position).toBe(count)
  })

  it('holds receivers back until what they have sent has passed the processors', async () => {
    passage.isIdle = false
    await clock.advance(5000)
    let hasPassed = false
    const sending = send().then((delivery) => {
      hasPassed = true
      return delivery
    })
    await settle()
    expect(hasPassed).toBe(false)
    passage.isIdle = true
    ;(await sending).settle()
    await expect.poll(() => stored()).toEqual([0, 0])
  })

  it('lets the receivers go on when a sink keeps everything waiting, and is made later', async () => {
    passage.isIdle = false
    await clock.advance(5000)
    const sending = send()
    await clock.advance(2500)
    ;(await sending).settle()
    passage.isIdle = true
    await clock.advance(5000)
    await expect.poll(() => stored()).toEqual([1, 1])
  })

  it('is not stored when something that it covers was not delivered', async () => {
    const lost = await send()
    await clock.advance(5000)
    await expect.poll(() => taken).toBe(1)
    lost.fail(new Error('no'))
    await settle()
    expect(stored()).toEqual([undefined, undefined])
    await clock.advance(5000)
    await expect.poll(() => stored()).toEqual([1, 1])
  })

  it('that is under way when others take over stores nothing that is not delivered by then', async () => {
    const covered = await send()
    await clock.advance(5000)
    await expect.poll(() => taken).toBe(1)
    const later = await send()
    await checkpoints.end()
    const handedOver = checkpoints.handOver(() => true)
    covered.settle()
    await settle()
    expect(stored()).toEqual([undefined, undefined])
    later.settle()
    await handedOver
    expect(stored()).toEqual([2, 2])
  })

  it('lets sources forget what it covers when it is stored, and nothing before', async () => {
    const first = await send()
    first.settle()
    await clock.advance(4999)
    expect(forgettable).toEqual([])
    const slow = await send()
    await clock.advance(1)
    await expect.poll(() => taken).toBe(1)
    const later = await send()
    later.settle()
    await settle()
    expect(forgettable).toEqual([])
    slow.settle()
    await expect.poll(() => forgettable).toEqual([1, 2])
    expect(stored()).toEqual([2, 2])
    await clock.advance(5000)
    await expect.poll(() => forgettable).toEqual([1, 2, 3])
  })

  it('is made before its time when a source cannot go on otherwise, again after one that is under way', async () => {
    const first = await send()
    deliveries.urge()
    await expect.poll(() => taken).toBe(1)
    const second = await send()
    deliveries.urge()
    first.settle()
    second.settle()
    await expect.poll(() => forgettable).toEqual([1, 2])
    expect(taken).toBe(2)
  })

  it('lets sources forget nothing when it cannot be stored, and is stored with the next', async () => {
    const delivery = await send()
    delivery.settle()
    store.close()
    await clock.advance(5000)
    await expect.poll(() => logger.lines.map(({ message }) => message)).toEqual([cannotStore])
    await settle()
    expect(forgettable).toEqual([])
    store = await StateStore.open(folder, () => {})
    expect(stored()).toEqual([undefined, undefined])
    await clock.advance(5000)
    await expect.poll(() => forgettable).toEqual([1])
    expect(stored()).toEqual([1, 1])
  })

  it('tells sources when none is stored any more', async () => {
    const delivered = await send()
    delivered.settle()
    const lost = await send()
    lost.fail(new Error('no'))
    await checkpoints.end()
    checkpoints.abandon()
    await expect.poll(() => refused).toBe(2)
    expect(forgettable).toEqual([])
  })

  it('is stored when all has stopped, before the sources close, so that they can acknowledge', async () => {
    const delivery = await send()
    delivery.settle()
    counter.set('count', 1)
    await checkpoints.end()
    checkpoints.finish(({ namespace }) => namespace === 'receiver/source')
    await expect.poll(() => forgettable).toEqual([1])
    expect(stored()).toEqual([1, 1])
    source.set('position', 7)
    checkpoints.finish()
    expect(stored()).toEqual([7, 1])
  })

  it('is not stored when all has stopped and something was not delivered: what remembers it would be ahead of its source', async () => {
    const delivery = await send()
    delivery.settle()
    await clock.advance(5000)
    await expect.poll(stored).toEqual([1, 1])
    const kept = await send()
    const left = await send()
    kept.settle()
    left.fail(new Error('stopped: there was no room on the disk'))
    source.set('position', 2)
    counter.set('count', 3)
    await checkpoints.end()
    checkpoints.finish(({ namespace }) => namespace === 'receiver/source')
    checkpoints.abandon()
    checkpoints.finish()
    expect(stored()).toEqual([1, 1])
    expect(forgettable).toEqual([1])
  })

  it('stores what a component said at that moment, whatever becomes of the object', async () => {
    const known = { values: [1] }
    const given = { gates: [], passages: [], deliveries, store, clock, logger: new MemoryLogger(), intervalMs: 1000 }
    const checkpoint = () => {
      taken++
      return known
    }
    const own = new Checkpoints({ ...given, participants: [{ state: counter, checkpoint }] })
    own.start()
    const delivery = await send()
    await clock.advance(1000)
    await expect.poll(() => taken).toBe(1)
    known.values.push(2)
    delivery.settle()
    await expect.poll(() => store.namespace('processor/counter').get('values')).toEqual([1])
    await own.end()
  })
})

describe('what a component writes by itself', () => {
  it('is seen by itself, and stored when all has stopped', async () => {
    source.setAll({ position: 7, gone: 1 })
    source.set('gone', null)
    expect([source.get('position'), source.get('gone'), source.keys()]).toEqual([7, undefined, ['position']])
    expect(stored()).toEqual([undefined, undefined])
    await checkpoints.end()
    checkpoints.finish()
    expect(stored()).toEqual([7, undefined])
  })

  it('is not stored when the process dies', async () => {
    source.set('position', 7)
    store.close()
    store = await StateStore.open(folder, () => {})
    expect(stored()).toEqual([undefined, undefined])
  })
})
