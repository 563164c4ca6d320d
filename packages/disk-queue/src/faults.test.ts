import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, MemoryLogger, settle, TestClock } from '@weir/sdk/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crashed } from './crashed.fixture.ts'
import { DiskQueue } from './disk-queue.ts'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import { encodeEntry } from './entry.ts'
import { fileStorage, type QueueFile, type QueueStorage } from './queue-storage.ts'

type Operation = keyof QueueFile | keyof QueueStorage

/** The real file system, on which an operation fails, or a write stops halfway, for as long as a fault is set. */
class FaultyStorage implements QueueStorage {
  readonly faults = new Map<Operation, string>()
  /** Bytes of a failing write that reach the file. */
  torn = 0

  #check(operation: Operation): void {
    const code = this.faults.get(operation)
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected, ${operation}`), { code })
  }

  async open(path: string, flags: 'r' | 'r+' | 'w+' | 'wx'): Promise<QueueFile> {
    this.#check('open')
    const file = await fileStorage.open(path, flags)
    const wrapped: QueueFile = Object.create(file)
    for (const operation of ['read', 'write', 'writev', 'datasync', 'truncate', 'close'] as const) {
      const real = (file[operation] as (...args: unknown[]) => Promise<unknown>).bind(file)
      Object.defineProperty(wrapped, operation, {
        value: async (...args: unknown[]) => {
          if (operation === 'writev' && this.faults.has('writev') && this.torn > 0) {
            const [buffers, position] = args as [Buffer[], number]
            await file.write(Buffer.concat(buffers), 0, this.torn, position)
          }
          this.#check(operation)
          return real(...args)
        },
      })
    }
    return wrapped
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename')
    await fileStorage.rename(from, to)
  }

  async unlink(path: string): Promise<void> {
    this.#check('unlink')
    await fileStorage.unlink(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.#check('syncDirectory')
    await fileStorage.syncDirectory(path)
  }
}

let directory = ''
const queues: DiskQueue[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-faults-'))
})
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.close().catch(() => {})
  rmSync(directory, { recursive: true, force: true })
})

async function open(options: Partial<DiskQueueOptions> = {}) {
  const clock = new TestClock()
  const logger = new MemoryLogger()
  const storage = new FaultyStorage()
  const counts = { damaged: 0 }
  const queue = await DiskQueue.open({
    ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'always', fsyncMs: 200, clock, logger, storage },
    stopping: new AbortController().signal,
    onDrop: () => {},
    onDamage: () => {
      counts.damaged++
    },
    ...options,
  })
  queues.push(queue)
  const errors = () => logger.lines.filter(({ level }) => level === 'error')
  return { queue, clock, logger, storage, counts, errors }
}

/** Appends a batch of a line; its state says what has become of it. */
function append(queue: DiskQueue, line: string) {
  const settled = Promise.withResolvers<void>()
  const outcome = { state: 'pending', settled: settled.promise }
  const end = (state: string) => {
    outcome.state = state
    settled.resolve()
  }
  const ends = { settle: () => end('acknowledged'), fail: () => end('failed'), release: () => {} }
  void queue.append([{ entry: encodeEntry(batchOf([line]), 1), records: 1, time: 1, ...ends }])
  return outcome
}

async function drain(queue: DiskQueue): Promise<unknown[]> {
  queue.finish()
  const all: unknown[] = []
  for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
    all.push(...Array.from(taken.batch, ({ body }) => body))
    queue.done(taken)
  }
  return all
}

const segments = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.queue'))
    .sort()

/** What a run without faults finds afterwards: nothing of it is damaged. */
async function found(): Promise<unknown[]> {
  for (const queue of queues.splice(0)) await queue.close()
  const { queue, counts } = await open()
  const all = await drain(queue)
  expect(counts.damaged).toBe(0)
  return all
}

/** What the next run would find if this one ended here. */
async function foundAfterCrash(): Promise<unknown[]> {
  const copy = crashed(directory)
  const { queue } = await open({ directory: copy })
  const all = await drain(queue)
  await queue.close()
  rmSync(copy, { recursive: true })
  return all
}

describe('a queue on a disk in trouble', () => {
  for (const code of ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS']) {
    for (const torn of [0, 1, 63, 64, 100]) {
      it(`holds back what cannot be written (${code}, after ${torn} bytes), says so, and loses and repeats nothing`, async () => {
        const { queue, storage, clock, errors } = await open()
        await append(queue, 'one').settled
        storage.faults.set('writev', code)
        storage.torn = torn
        const second = append(queue, 'two')
        await expect.poll(() => clock.advance(1000).then(() => errors().length)).toBeGreaterThan(3)
        expect(second.state).toBe('pending')
        expect(segments().length).toBeLessThanOrEqual(2)
        expect(String(Object(errors()[0]?.fields).error)).toContain(code)
        expect(errors()[0]?.message).toBe('the queue cannot be written, trying again')
        storage.faults.clear()
        await expect.poll(() => clock.advance(1000).then(() => second.state)).toBe('acknowledged')
        await append(queue, 'three').settled
        expect(await found()).toEqual(['one', 'two', 'three'])
      })
    }
  }

  for (const [operation, code] of [
    ['open', 'EROFS'],
    ['open', 'EMFILE'],
    ['open', 'ENOSPC'],
    ['syncDirectory', 'EIO'],
  ] as const) {
    it(`waits until a file can be made (${operation}: ${code}), and leaves no row of empty ones`, async () => {
      const { queue, storage, clock, errors } = await open()
      storage.faults.set(operation, code)
      const one = append(queue, 'one')
      await expect.poll(() => clock.advance(1000).then(() => errors().length)).toBeGreaterThan(4)
      expect(one.state).toBe('pending')
      expect(segments().length).toBeLessThanOrEqual(1)
      storage.faults.clear()
      await expect.poll(() => clock.advance(1000).then(() => one.state)).toBe('acknowledged')
      expect(segments()).toEqual(['000000000001.queue'])
      expect(await found()).toEqual(['one'])
    })
  }

  it('acknowledges what a failed fsync was to cover when it has been exported, and goes on in another file', async () => {
    const { queue, storage, errors } = await open()
    await append(queue, 'one').settled
    storage.faults.set('datasync', 'EIO')
    const second = append(queue, 'two')
    await expect.poll(() => errors().at(-1)?.message).toContain('acknowledged when it has been exported')
    storage.faults.clear()
    const third = append(queue, 'three')
    await third.settled
    expect([second.state, third.state]).toEqual(['pending', 'acknowledged'])
    expect(segments()).toHaveLength(2)
    for (const line of ['one', 'two']) {
      const taken = await queue.take()
      expect(taken?.batch.body(0)).toBe(line)
      if (taken !== undefined) queue.done(taken)
    }
    await second.settled
    expect(second.state).toBe('acknowledged')
    expect(await found()).toEqual(['three'])
  })

  it('acknowledges nothing that a failed fsync was to cover and that was not exported before the end', async () => {
    const { queue, storage, errors } = await open()
    storage.faults.set('datasync', 'EIO')
    const only = append(queue, 'one')
    await expect.poll(() => errors().length).toBeGreaterThan(0)
    await queue.close()
    expect(only.state).toBe('failed')
  })

  it('goes on when a file cannot be read for a while', async () => {
    const { queue } = await open()
    await append(queue, 'one').settled
    for (const one of queues.splice(0)) await one.close()
    const { queue: next, storage } = await open()
    storage.faults.set('open', 'EMFILE')
    await expect(next.take()).rejects.toThrow('EMFILE')
    storage.faults.clear()
    expect(await drain(next)).toEqual(['one'])
  })

  it('goes on when the position cannot be written, says so once, and exports again after a crash', async () => {
    const { queue, storage, clock, logger } = await open()
    storage.faults.set('write', 'EIO')
    for (const line of ['one', 'two', 'three']) {
      await append(queue, line).settled
      const taken = await queue.take()
      if (taken !== undefined) queue.done(taken)
      await clock.advance(20)
      await settle()
    }
    const said = logger.lines.filter(({ message }) => message === 'the position in the queue could not be written')
    expect(said).toHaveLength(1)
    expect(await foundAfterCrash()).toEqual(['one', 'two', 'three'])
  })

  it('goes on when a file cannot be removed or used again', async () => {
    const { queue, storage, logger } = await open({ maxBytes: 300_000 })
    storage.faults.set('unlink', 'EACCES').set('rename', 'EACCES')
    const line = 'x'.repeat(30_000)
    for (let index = 0; index < 20; index++) {
      await append(queue, `${index} ${line}`).settled
      const taken = await queue.take()
      if (taken !== undefined) queue.done(taken)
    }
    expect(logger.lines.some(({ message }) => message === 'a file of the queue stays behind')).toBe(true)
    storage.faults.clear()
    await append(queue, 'last').settled
    expect((await found()).at(-1)).toBe('last')
  })
})

describe('a queue whose files are not as they were left', () => {
  /** Three files of a line each. */
  async function threeFiles(): Promise<string[]> {
    const { queue } = await open({ maxBytes: 1 << 20 })
    for (const line of ['one', 'two', 'three']) await append(queue, `${line} ${'x'.repeat(100_000)}`).settled
    for (const one of queues.splice(0)) await one.close()
    expect(segments()).toHaveLength(3)
    return segments()
  }
  const words = (bodies: unknown[]) => bodies.map((body) => String(body).split(' ')[0])

  it('says that a file is missing in the middle, and exports the others', async () => {
    const [, second = ''] = await threeFiles()
    rmSync(join(directory, second))
    const { queue, errors, counts } = await open()
    expect(words(await drain(queue))).toEqual(['one', 'three'])
    expect(errors()).toMatchObject([
      { message: 'files are missing from the queue: what was in them is lost', fields: { missing: 1 } },
    ])
    expect(counts.damaged).toBe(1)
  })

  it('sets a file of a newer version aside, whole, says so once, and exports the others', async () => {
    const [, second = ''] = await threeFiles()
    const bytes = readFileSync(join(directory, second))
    bytes.write('WRQ9', 0, 'latin1')
    writeFileSync(join(directory, second), bytes)
    const { queue, errors, counts } = await open()
    expect(errors()).toMatchObject([{ fields: { version: '9' } }])
    expect(counts.damaged).toBe(1)
    expect(readFileSync(join(directory, `${second}.version-9`))).toEqual(bytes)
    await queue.close()
    queues.splice(0)
    const again = await open()
    expect(words(await drain(again.queue))).toEqual(['one', 'three'])
    expect(again.errors()).toEqual([])
  })

  it('says nothing of files that never held anything', async () => {
    await threeFiles()
    writeFileSync(join(directory, '000000000004.queue'), '')
    const { queue } = await open()
    await append(queue, 'four').settled
    for (const one of queues.splice(0)) await one.close()
    const { queue: next, errors } = await open()
    expect(words(await drain(next))).toEqual(['one', 'two', 'three', 'four'])
    expect(errors()).toEqual([])
  })

  it('follows no link to a file elsewhere', async () => {
    const [first = ''] = await threeFiles()
    const elsewhere = mkdtempSync(join(tmpdir(), 'weir-elsewhere-'))
    renameSync(join(directory, first), join(elsewhere, 'target'))
    symlinkSync(join(elsewhere, 'target'), join(directory, first))
    const target = readFileSync(join(elsewhere, 'target'))
    const { queue } = await open()
    await append(queue, 'four').settled
    expect(words(await drain(queue))).toEqual(['two', 'three', 'four'])
    expect(readFileSync(join(elsewhere, 'target'))).toEqual(target)
    await queue.close()
    rmSync(join(directory, 'cursor'))
    writeFileSync(join(elsewhere, 'precious'), 'do not write over this, whatever you do')
    symlinkSync(join(elsewhere, 'precious'), join(directory, 'cursor'))
    await expect(open()).rejects.toThrow('ELOOP')
    expect(readFileSync(join(elsewhere, 'precious'), 'utf8')).toBe('do not write over this, whatever you do')
    rmSync(elsewhere, { recursive: true })
  })
})
