import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { open, rename, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, MemoryLogger, settle, TestClock } from '@weir/sdk/testing'
import { expect, it, onTestFinished } from 'vitest'
import { Channel } from '../channel/channel.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import { DiskPassage } from './disk-passage.ts'

const segments = (directory: string) => readdirSync(directory).filter((name) => name.endsWith('.queue')).length

/** A passage into which one batch has gone, and what was on the disk when it came out. */
async function passed(readsOnly: boolean, isDoneAtOnce: boolean) {
  const directory = mkdtempSync(join(tmpdir(), 'weir-passage-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const entrance = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
  const passage = new DiskPassage({
    ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200 },
    ...{ clock: new TestClock(), logger: new MemoryLogger(), entrance, readsOnly },
    ...{ onDrop: () => {}, onDamage: () => {}, onChange: () => {} },
  })
  await passage.start()
  const out = passage.outlet.take().then((parcel) => {
    if (isDoneAtOnce) parcel?.delivery.settle()
    return { parcel, segments: segments(directory) }
  })
  const delivery = new PendingDelivery(1)
  await entrance.push({ batch: batchOf(['one']), delivery })
  const { parcel, segments: before } = await out
  await delivery.done
  const written = { before, after: segments(directory) }
  parcel?.delivery.settle()
  entrance.close()
  await passage.drain()
  await passage.close()
  return written
}

it('does not write what is delivered at once', async () => {
  expect(await passed(true, true)).toEqual({ before: 0, after: 0 })
})

it('writes and acknowledges what is not delivered at once', async () => {
  expect(await passed(true, false)).toEqual({ before: 0, after: 1 })
})

it('hands nothing on before it is written to who may change it', async () => {
  expect(await passed(false, true)).toEqual({ before: 1, after: 1 })
})

it('tries again when a file cannot be read for a while, says so, and hands on all of it in order', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-passage-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  let isDown = false
  const storage = {
    async open(path: string, flags: string) {
      if (isDown && flags === 'r') throw new Error('EMFILE: too many open files')
      return open(path, flags)
    },
    rename,
    unlink,
    syncDirectory: () => Promise.resolve(),
  }
  const passageWith = async () => {
    const clock = new TestClock()
    const logger = new MemoryLogger()
    const entrance = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
    const passage = new DiskPassage({
      ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200, clock, logger, storage },
      ...{ entrance, readsOnly: true, onDrop: () => {}, onDamage: () => {}, onChange: () => {} },
    })
    await passage.start()
    return { clock, logger, entrance, passage }
  }

  const first = await passageWith()
  for (const line of ['one', 'two']) {
    const delivery = new PendingDelivery(1)
    await first.entrance.push({ batch: batchOf([line]), delivery })
    await delivery.done
  }
  first.entrance.close()
  first.passage.leave(new Error('it stops'))
  await first.passage.close()

  isDown = true
  const { passage, entrance, clock, logger } = await passageWith()
  for (const times of [1, 2]) {
    const said = () => logger.lines.filter(({ message }) => message === 'the queue cannot be read, trying again')
    await expect.poll(() => said().length).toBe(times)
    expect(passage.records).toBe(2)
    isDown = times === 1
    await clock.advance(1000)
  }
  const seen: string[] = []
  entrance.close()
  const drained = passage.drain()
  for (let next = await passage.outlet.take(); next !== undefined; next = await passage.outlet.take()) {
    seen.push(...Array.from(next.batch, ({ body }) => String(body)))
    next.delivery.settle()
  }
  await drained
  await passage.close()
  expect(seen).toEqual(['one', 'two'])
})

it('lets nothing go straight past what was taken from the disk and waits for room, whenever that comes', async () => {
  for (let turns = 0; turns < 10; turns++) {
    const directory = mkdtempSync(join(tmpdir(), 'weir-passage-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const entrance = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
    const passage = new DiskPassage({
      ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200 },
      ...{ clock: new TestClock(), logger: new MemoryLogger(), entrance, readsOnly: true },
      ...{ memory: { maxRecords: 1, maxBytes: 1e6 }, onDrop: () => {}, onDamage: () => {}, onChange: () => {} },
    })
    await passage.start()
    const send = async (line: string) => {
      const delivery = new PendingDelivery(1)
      await entrance.push({ batch: batchOf([line]), delivery })
      return delivery.done
    }
    void send('straight')
    await settle()
    await send('written')
    await settle()
    void send('next')
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    const seen = [passage.outlet.shift()]
    while (seen.length < 3) seen.push(await passage.outlet.take())
    for (const parcel of seen) parcel?.delivery.settle()
    expect(
      seen.map((parcel) => parcel?.batch.body(0)),
      `after ${turns} turns`,
    ).toEqual(['straight', 'written', 'next'])
    entrance.close()
    await passage.drain()
    await passage.close()
  }
})

it('lets nothing past what is being taken from the disk, whenever it comes', async () => {
  const outlets = [
    { room: 8192, memory: {} },
    { room: 3, memory: { memory: { maxRecords: 3, maxBytes: 1e6 } } },
  ]
  for (const { room, memory } of outlets)
    for (let turns = 0; turns < 30; turns++) {
      const directory = mkdtempSync(join(tmpdir(), 'weir-passage-'))
      onTestFinished(() => rmSync(directory, { recursive: true }))
      const entrance = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
      const passage = new DiskPassage({
        ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200 },
        ...{ clock: new TestClock(), logger: new MemoryLogger(), entrance, readsOnly: true },
        ...{ onDrop: () => {}, onDamage: () => {}, onChange: () => {}, ...memory },
      })
      await passage.start()
      const send = async (...lines: string[]) => {
        const delivery = new PendingDelivery(1)
        await entrance.push({ batch: batchOf(lines), delivery })
        return delivery.done
      }
      void send(...Array<string>(room).fill('fills the outlet'))
      await settle()
      for (const line of ['taken', 'written']) await send(line)
      await settle()
      const seen = [passage.outlet.shift()]
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      void send('next')
      while (seen.length < 4) seen.push(await passage.outlet.take())
      for (const parcel of seen) parcel?.delivery.settle()
      expect(
        seen.map((parcel) => parcel?.batch.body(0)),
        `after ${turns} turns`,
      ).toEqual(['fills the outlet', 'taken', 'written', 'next'])
      entrance.close()
      await passage.drain()
      await passage.close()
    }
})

it('acknowledges what was exported while it stopped and could not write, and nothing else', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-passage-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const storage = {
    open: (path: string, flags: string) =>
      flags === 'wx' ? Promise.reject(new Error('ENOSPC: no space left on device')) : open(path, flags),
    rename,
    unlink,
    syncDirectory: () => Promise.resolve(),
  }
  const logger = new MemoryLogger()
  const entrance = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
  const passage = new DiskPassage({
    ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'never', fsyncMs: 200, storage },
    ...{ clock: new TestClock(), logger, entrance, readsOnly: true },
    ...{ onDrop: () => {}, onDamage: () => {}, onChange: () => {} },
  })
  await passage.start()
  const deliveries = ['exported', 'fails', 'waits'].map(() => new PendingDelivery(1))
  const [exported, fails, waits] = deliveries.map(({ done }) => done)
  for (const delivery of deliveries) await entrance.push({ batch: batchOf(['a line']), delivery })
  const [first, second] = [await passage.outlet.take(), await passage.outlet.take()]
  await expect.poll(() => logger.lines.map(({ message }) => message)).toContainEqual(expect.stringMatching('again'))
  entrance.close()
  passage.leave(new Error('it stops'))
  await expect(waits).rejects.toThrow()
  first?.delivery.settle()
  second?.delivery.fail(new Error('it stops'))
  await expect(exported).resolves.toBeUndefined()
  await expect(fails).rejects.toThrow()
  await passage.close()
})
