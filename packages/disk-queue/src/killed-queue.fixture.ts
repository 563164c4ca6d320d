/** Appends to the queue of a folder for ever, exports behind it, and says what was acknowledged and what was exported. */
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@weir/sdk'
import { batchOf, MemoryLogger } from '@weir/sdk/testing'
import { DiskQueue } from './disk-queue.ts'
import { encodeEntry } from './entry.ts'
import type { Taken } from './taken-entries.ts'

const [, , directory = '', from = '0', said = ''] = process.argv
const clock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms)
    return { cancel: () => clearInterval(timer) }
  },
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
}
const queue = await DiskQueue.open({
  directory,
  ...{ maxBytes: 4 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200 },
  clock,
  logger: new MemoryLogger(),
  stopping: new AbortController().signal,
  onDrop() {},
  onDamage() {},
})
// To a file, with no buffer between: what was said was said before the kill.
const say = (text: string) => appendFileSync(said, `${text}\n`)

const taken: Taken[] = []
function exportBehind(next: Taken, waiting: number): void {
  taken.push(next)
  const [oldest] = taken.length > waiting ? taken.splice(0, 1) : []
  if (oldest === undefined) return
  for (const { body } of oldest.batch) say(`exported ${Number.parseInt(String(body), 10)}`)
  queue.done(oldest)
}

void (async () => {
  for (let next = await queue.take(); next !== undefined; next = await queue.take()) exportBehind(next, 20)
})()

for (let index = Number(from); ; index++) {
  const line = `${index} ${'x'.repeat(20_000 + ((index * 7919) % 60_000))}`
  const acknowledged = Promise.withResolvers<void>()
  const ends = { settle: acknowledged.resolve, fail: acknowledged.reject, release: () => {} }
  const one = { entry: encodeEntry(batchOf([line]), 1), records: 1, time: 1, ...ends }
  // Now and then an exporter keeps up, and has it before the disk does.
  if (!queue.isWaiting && index % 3 === 0) exportBehind(queue.takeEarly(one), index % 2 === 0 ? 20 : 0)
  await queue.append([one])
  await acknowledged.promise
  say(`acknowledged ${index}`)
}
