import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, MemoryLogger, TestClock } from '@weir/sdk/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskQueue } from './disk-queue.ts'
import { encodeEntry } from './entry.ts'
import { PoweredStorage } from './powered-storage.fixture.ts'
import type { QueueStorage } from './queue-storage.ts'
import type { Taken } from './taken-entries.ts'

type Policy = 'always' | 'interval' | 'never'

let root = ''
let folders = 0
const folder = () => join(root, String(folders++))
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-power-'))
})
afterAll(() => rmSync(root, { recursive: true }))

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The line of a number: nobody can mistake a part of one for another. */
const lineOf = (index: number) => `${index} ${`${index}.`.repeat(100 + ((index * 7919) % 3000))}`

async function open(directory: string, fsync: Policy, clock: TestClock, storage?: QueueStorage) {
  const counts = { damaged: 0 }
  const queue = await DiskQueue.open({
    ...{ directory, maxBytes: 400_000, whenFull: 'block', fsync, fsyncMs: 200, clock, logger: new MemoryLogger() },
    stopping: new AbortController().signal,
    ...(storage === undefined ? {} : { storage }),
    onDrop() {},
    onDamage() {
      counts.damaged++
    },
  })
  return { queue, counts }
}

/** What has become of the lines over all the lives of a queue. */
class Lines {
  next = 0
  readonly acknowledged = new Set<number>()
  readonly exported = new Set<number>()
}

/** Writes and exports until the power goes. */
async function live(directory: string, fsync: Policy, lines: Lines, random: () => number): Promise<string> {
  const clock = new TestClock()
  const storage = new PoweredStorage(directory, 1 + Math.floor(random() * 250), random)
  let isGone = false
  void storage.gone.then(() => {
    isGone = true
  })
  const work = (async () => {
    const { queue } = await open(directory, fsync, clock, storage)
    const taken: Taken[] = []
    const exportOne = (next: Taken, waiting: number) => {
      taken.push(next)
      if (taken.length <= waiting) return
      // In any order.
      const [one] = taken.splice(Math.floor(random() * taken.length), 1)
      if (one === undefined) return
      for (const { body } of one.batch) lines.exported.add(Number.parseInt(String(body), 10))
      queue.done(one)
    }
    const exporting = (async () => {
      for (let next = await queue.take(); next !== undefined; next = await queue.take()) exportOne(next, 3)
    })()
    for (let appends = 0; appends < 60; appends++) {
      const incoming = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
        const index = lines.next++
        const settle = () => {
          if (!isGone) lines.acknowledged.add(index)
        }
        const entry = encodeEntry(batchOf([lineOf(index)]), 1)
        return { entry, records: 1, time: 1, settle, fail() {}, release() {} }
      })
      // An exporter that keeps up has some of them before the disk does, and may be done with them.
      const early = queue.isWaiting ? 0 : Math.floor(random() * (incoming.length + 1))
      for (const one of incoming.slice(0, early)) exportOne(queue.takeEarly(one), Math.floor(random() * 4))
      await queue.append(incoming)
    }
    queue.finish()
    await exporting
  })()
  const ended = work.then(() => {
    isGone = true
  })
  while (!isGone) await Promise.race([clock.advance(20 * random()), ended])
  const after = folder()
  storage.recover(after)
  return after
}

/** What the next run finds in a copy of the folder, and whether it could go on. */
async function found(directory: string): Promise<{ indices: number[]; damaged: number }> {
  const copy = folder()
  cpSync(directory, copy, { recursive: true })
  const { queue, counts } = await open(copy, 'always', new TestClock())
  const settled = Promise.withResolvers<void>()
  const ends = { settle: settled.resolve, fail: settled.reject, release() {} }
  const last = { entry: encodeEntry(batchOf(['last']), 1), records: 1, time: 1, ...ends }
  // There may be no room for it yet.
  void queue.append([last]).then(() => queue.finish())
  const bodies: string[] = []
  for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
    for (const { body } of taken.batch) bodies.push(String(body))
    queue.done(taken)
  }
  await settled.promise
  expect(bodies.pop()).toBe('last')
  expect(queue.isWaiting).toBe(false)
  await queue.close()
  const indices = bodies.map((body) => Number.parseInt(body, 10))
  expect(bodies).toEqual(indices.map(lineOf))
  expect(indices).toEqual([...new Set(indices)].toSorted((a, b) => a - b))
  const aside = readdirSync(copy).filter((name) => name.includes('.damaged-')).length
  expect(counts.damaged).toBeGreaterThanOrEqual(aside)
  rmSync(copy, { recursive: true })
  return { indices, damaged: aside }
}

/** Three lives in one folder, each ended by the power. */
async function lives(fsync: Policy, seed: number): Promise<{ lost: number[]; torn: number; acknowledged: number }> {
  const random = randomOf(seed)
  const lines = new Lines()
  const seen = { lost: [] as number[], torn: 0, acknowledged: 0 }
  let directory = folder()
  mkdirSync(directory)
  for (let life = 0; life < 3; life++) {
    const after = await live(directory, fsync, lines, random)
    rmSync(directory, { recursive: true })
    directory = after
    const { indices, damaged } = await found(directory)
    const has = new Set([...indices, ...lines.exported])
    seen.lost.push(...[...lines.acknowledged].filter((index) => !has.has(index)))
    seen.torn += damaged
    expect(indices.every((index) => index < lines.next)).toBe(true)
  }
  rmSync(directory, { recursive: true })
  seen.acknowledged = lines.acknowledged.size
  return seen
}

describe('a queue whose machine loses its power at any operation', () => {
  for (const fsync of ['always', 'interval'] as const) {
    it(`has all that was acknowledged (fsync: ${fsync}), sets aside what was torn, and goes on`, {
      timeout: 180_000,
    }, async () => {
      const all = { torn: 0, acknowledged: 0 }
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (seed) => {
          const { lost, torn, acknowledged } = await lives(fsync, seed)
          expect(lost).toEqual([])
          all.torn += torn
          all.acknowledged += acknowledged
        }),
        { numRuns: 25 },
      )
      expect(all.torn).toBeGreaterThan(0)
      expect(all.acknowledged).toBeGreaterThan(500)
    })
  }

  it('may lose what no fsync has covered (fsync: never), hands on nothing that is damaged, and goes on', {
    timeout: 180_000,
  }, async () => {
    let lost = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        lost += (await lives('never', seed)).lost.length
      }),
      { numRuns: 15 },
    )
    // Otherwise this test would not show that the others are about something.
    expect(lost).toBeGreaterThan(0)
  })
})
