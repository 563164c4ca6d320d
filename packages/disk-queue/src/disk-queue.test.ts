import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, MemoryLogger, TestClock } from '@weir/sdk/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { crashed } from './crashed.fixture.ts'
import { DiskQueue } from './disk-queue.ts'
import type { DiskQueueOptions } from './disk-queue-options.ts'
import { encodeEntry } from './entry.ts'
import type { Incoming } from './incoming.ts'
import { fileStorage, type QueueFile, type QueueStorage } from './queue-storage.ts'
import type { Taken } from './taken-entries.ts'

let directory = ''
const queues: DiskQueue[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-queue-'))
})
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.close().catch(() => {})
  rmSync(directory, { recursive: true, force: true })
})

/** A queue on the folder of the test, as one run of a collector has it. */
async function open(options: Partial<DiskQueueOptions> = {}) {
  const clock = new TestClock()
  const logger = new MemoryLogger()
  const counts = { dropped: 0, damaged: 0 }
  const queue = await DiskQueue.open({
    ...{ directory, maxBytes: 1 << 20, whenFull: 'block', fsync: 'always', fsyncMs: 200, clock, logger },
    stopping: new AbortController().signal,
    onDrop: (records) => {
      counts.dropped += records
    },
    onDamage: () => {
      counts.damaged++
    },
    ...options,
  })
  queues.push(queue)
  return { queue, clock, logger, counts }
}

/** Appends a batch; its state says what has become of it. */
function append(queue: DiskQueue, ...lines: string[]) {
  const settled = Promise.withResolvers<void>()
  const outcome = { state: 'pending', settled: settled.promise, written: Promise.resolve() }
  settled.promise.catch(() => {})
  const end = (state: string) => {
    outcome.state = state
    settled.resolve()
  }
  const time = Number(lines[0]?.length)
  const entry = encodeEntry(batchOf(lines), time)
  const ends = { settle: () => end('acknowledged'), fail: () => end('failed'), release: () => {} }
  const one = { entry, records: lines.length, time, ...ends }
  outcome.written = queue.append([one])
  return outcome
}

const bodies = (taken: Taken | undefined) => Array.from(taken?.batch ?? [], ({ body }) => body)

/** Takes all that is there and says that it is done. */
async function drain(queue: DiskQueue): Promise<unknown[]> {
  queue.finish()
  const all: unknown[] = []
  for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
    all.push(...bodies(taken))
    queue.done(taken)
  }
  return all
}

const segments = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.queue'))
    .sort()

/** Bytes of the files in which entries stand, or stood. */
const bytesOnDisk = () =>
  readdirSync(directory)
    .filter((name) => name !== 'cursor')
    .reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0)

/** The only segment there is. */
const segmentPath = () => join(directory, readdirSync(directory).find((name) => name.endsWith('.queue')) ?? '')

/** Writes batches of a line each and closes; returns where each entry begins. */
async function written(...lines: string[]): Promise<number[]> {
  const { queue } = await open()
  const starts: number[] = []
  for (const line of lines) {
    starts.push(queue.fileBytes)
    await append(queue, line).settled
  }
  await queue.close()
  return starts
}

describe('a queue on disk', () => {
  it('gives back in order, after a restart, what was written and not exported', async () => {
    const { queue: first } = await open()
    await append(first, 'a', 'b').settled
    await append(first, 'c').settled
    const taken = await first.take()
    expect(bodies(taken)).toEqual(['a', 'b'])
    if (taken !== undefined) first.done(taken)
    await append(first, 'd').settled
    // It was taken, but nobody said that it is done.
    expect(bodies(await first.take())).toEqual(['c'])
    expect(first.records).toBe(2)
    await first.close()
    const { queue: second } = await open()
    expect(second.records).toBe(2)
    expect(second.oldestTime).toBe(1)
    await append(second, 'e').settled
    expect(await drain(second)).toEqual(['c', 'd', 'e'])
    expect([second.records, second.bytes]).toEqual([0, 0])
    await second.close()
    const { queue: third } = await open()
    expect(await drain(third)).toEqual([])
  })

  it('exports again what an export out of order has left before it', async () => {
    const { queue: first } = await open()
    for (const line of ['a', 'b', 'c']) await append(first, line).settled
    await first.take()
    const second = await first.take()
    if (second !== undefined) first.done(second)
    expect(first.records).toBe(2)
    await first.close()
    const { queue: next } = await open()
    expect(await drain(next)).toEqual(['a', 'b', 'c'])
  })

  it('acknowledges under `interval` when an fsync has covered it, and under `never` when it is written', async () => {
    const { queue, clock } = await open({ fsync: 'interval' })
    const entry = append(queue, 'a')
    await entry.written
    expect(bodies(await queue.take())).toEqual(['a'])
    await clock.advance(199)
    expect(entry.state).toBe('pending')
    await clock.advance(1)
    await entry.settled
    expect(entry.state).toBe('acknowledged')
    await queue.close()
    const { queue: careless } = await open({ fsync: 'never' })
    const other = append(careless, 'b')
    await other.written
    expect(other.state).toBe('acknowledged')
  })

  describe('of which an entry is taken before it is written', () => {
    /** Takes it early, and appends it. */
    function appendEarly(queue: DiskQueue, line: string) {
      const outcome = { state: 'pending', released: 0, written: Promise.resolve() }
      const one: Incoming = {
        ...{ entry: encodeEntry(batchOf([line]), 1), records: 1, time: 1 },
        settle: () => {
          outcome.state += outcome.state === 'pending' ? ' acknowledged' : ' again'
        },
        fail: () => {
          outcome.state += ' failed'
        },
        release: () => {
          outcome.released++
        },
      }
      const taken = queue.takeEarly(one)
      expect(bodies(taken)).toEqual([line])
      const write = () => {
        outcome.written = queue.append([one])
        return outcome.written
      }
      return { outcome, taken, write }
    }

    it('writes nothing of what is done by then', async () => {
      const { queue } = await open()
      const { outcome, taken, write } = appendEarly(queue, 'a')
      expect([queue.records, outcome.state]).toEqual([1, 'pending'])
      queue.done(taken)
      await write()
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
      expect([queue.records, segments(directory)]).toEqual([0, []])
    })

    it('writes what is not, acknowledges that as it does the others, and does not hand it on again', async () => {
      const { queue: first } = await open()
      const { outcome, taken, write } = appendEarly(first, 'a')
      await write()
      await expect.poll(() => outcome.state).toBe('pending acknowledged')
      const next = append(first, 'b')
      await next.settled
      expect([first.records, outcome.released]).toEqual([2, 0])
      first.done(taken)
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
      expect(bodies(await first.take())).toEqual(['b'])
      await first.close()
      const { queue: second } = await open()
      expect(await drain(second)).toEqual(['b'])
    })

    it('has it in the next run when it was not done', async () => {
      const { queue: first } = await open()
      for (const line of ['a', 'b']) await appendEarly(first, line).write()
      await first.close()
      const { queue: second } = await open()
      expect(await drain(second)).toEqual(['a', 'b'])
    })

    it('lets it go when it was done while it was written', async () => {
      const writes = Promise.withResolvers<void>()
      const storage: QueueStorage = {
        ...fileStorage,
        async open(path, flags) {
          if (flags === 'wx') await writes.promise
          return fileStorage.open(path, flags)
        },
      }
      const { queue: first, clock } = await open({ storage })
      const { outcome, taken, write } = appendEarly(first, 'a')
      const written = write()
      first.done(taken)
      // It is acknowledged, and its memory is still in use.
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 0 })
      writes.resolve()
      await written
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
      expect([first.records, first.isWaiting]).toEqual([0, false])
      await append(first, 'b').settled
      await clock.advance(20)
      // The position is written without anyone waiting for it.
      await expect.poll(() => statSync(join(directory, 'cursor')).size).toBeGreaterThan(0)
      const copy = crashed(directory)
      onTestFinished(() => rmSync(copy, { recursive: true }))
      const { queue: second } = await open({ directory: copy })
      expect(await drain(second)).toEqual(['b'])
      await first.close()
      expect(outcome.state).toBe('pending acknowledged')
    })

    it('does not fail it when it was done while writing failed', async () => {
      const stop = new AbortController()
      let attempts = 0
      const storage: QueueStorage = {
        ...fileStorage,
        open(path, flags) {
          if (flags !== 'wx') return fileStorage.open(path, flags)
          attempts++
          return Promise.reject(new Error('EIO'))
        },
      }
      const { queue } = await open({ storage, stopping: stop.signal })
      const { outcome, taken, write } = appendEarly(queue, 'a')
      const written = write()
      await expect.poll(() => attempts).toBe(1)
      queue.done(taken)
      stop.abort(new Error('now'))
      await written
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
    })

    it('fails it once when there is no room until all must stop, and it is not exported, either', async () => {
      for (const hasFailedBefore of [false, true]) {
        const folder = mkdtempSync(join(tmpdir(), 'weir-queue-'))
        onTestFinished(() => rmSync(folder, { recursive: true }))
        const stop = new AbortController()
        const { queue } = await open({ directory: folder, maxBytes: 100_000, stopping: stop.signal })
        await append(queue, 'x'.repeat(60_000)).settled
        await queue.take()
        const { outcome, taken, write } = appendEarly(queue, 'y'.repeat(60_000))
        const written = write()
        if (hasFailedBefore) queue.failed(taken)
        stop.abort(new Error('now'))
        await written
        if (!hasFailedBefore) {
          expect(outcome.state).toBe('pending')
          queue.failed(taken)
        }
        expect(outcome.state).toBe('pending failed')
      }
    })

    it('does not fail it when there is no room until all must stop, and it is exported nevertheless', async () => {
      const stop = new AbortController()
      const { queue } = await open({ maxBytes: 100_000, stopping: stop.signal })
      await append(queue, 'x'.repeat(60_000)).settled
      await queue.take()
      const { outcome, taken, write } = appendEarly(queue, 'y'.repeat(60_000))
      const written = write()
      stop.abort(new Error('now'))
      await written
      queue.done(taken)
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
    })

    it('gives its memory back once when it is done behind one for which there is no room until all must stop', async () => {
      const stop = new AbortController()
      const { queue } = await open({ maxBytes: 100_000, stopping: stop.signal })
      await append(queue, 'x'.repeat(60_000)).settled
      await queue.take()
      const outcomes = [0, 0]
      const incoming = outcomes.map((_, index): Incoming => {
        const release = () => outcomes.splice(index, 1, (outcomes[index] ?? 0) + 1)
        const entry = encodeEntry(batchOf(['y'.repeat(60_000)]), 1)
        return { entry, records: 1, time: 1, settle: () => {}, fail: () => {}, release }
      })
      const [, second] = incoming.map((one) => queue.takeEarly(one))
      const written = queue.append(incoming)
      if (second !== undefined) queue.done(second)
      stop.abort(new Error('now'))
      await written
      expect(outcomes).toEqual([0, 1])
    })

    it('hands nothing on twice and loses nothing, in whichever moment of writing another one is done', async () => {
      for (let turns = 0; turns < 40; turns++) {
        const gate = Promise.withResolvers<void>()
        const at = turns % 2 === 0 ? 'open' : 'write'
        const storage: QueueStorage = {
          ...fileStorage,
          syncDirectory: () => Promise.resolve(),
          async open(path, flags) {
            const file = await fileStorage.open(path, flags)
            if (flags !== 'wx') return file
            if (at === 'open') await gate.promise
            const write: QueueFile['writev'] = file.writev.bind(file)
            const held: QueueFile['writev'] = (buffers, position) =>
              write(buffers, position).then((result) => gate.promise.then(() => result))
            return at === 'open' ? file : Object.assign(file, { writev: held })
          },
        }
        const folder = mkdtempSync(join(tmpdir(), 'weir-queue-'))
        onTestFinished(() => rmSync(folder, { recursive: true }))
        const { queue: first } = await open({ directory: folder, storage, fsync: 'never' })
        const again = first.take()
        const incoming = ['a', 'b'].map((line): Incoming => {
          const entry = encodeEntry(batchOf([line]), 1)
          return { entry, records: 1, time: 1, settle: () => {}, fail: () => {}, release: () => {} }
        })
        const [one] = incoming.map((each) => first.takeEarly(each))
        const written = first.append(incoming)
        // Long enough for what is held up to be all that is left to do.
        for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
        gate.resolve()
        for (let turn = 0; turn < turns >> 1; turn++) await Promise.resolve()
        if (one !== undefined) first.done(one)
        await written
        await first.close()
        expect(bodies(await again), `handed on again after ${turns} turns`).toEqual([])
        const { queue: second } = await open({ directory: folder })
        expect(await drain(second), `left after ${turns} turns`).toEqual(['b'])
      }
    })

    it('waits for no room once it is done', async () => {
      const { queue } = await open({ maxBytes: 100_000 })
      await append(queue, 'x'.repeat(60_000)).settled
      await queue.take()
      const { outcome, taken, write } = appendEarly(queue, 'y'.repeat(60_000))
      const written = write()
      queue.done(taken)
      await written
      expect(outcome).toMatchObject({ state: 'pending acknowledged', released: 1 })
      expect(queue.records).toBe(1)
    })
  })

  it('sets a damaged entry aside, counted and logged, and goes on with the rest', async () => {
    const [, start = 0, end = 0] = await written('one', 'two', 'three')
    const bytes = readFileSync(segmentPath())
    bytes[end - 20] = (bytes[end - 20] ?? 0) ^ 1
    writeFileSync(segmentPath(), bytes)
    const { queue, logger, counts } = await open()
    expect(await drain(queue)).toEqual(['one', 'three'])
    expect(counts.damaged).toBe(1)
    expect(queue.records).toBe(0)
    expect(logger.lines.some(({ level, message }) => level === 'warn' && message.includes('set aside'))).toBe(true)
    const aside = readdirSync(directory).find((name) => name.includes('damaged')) ?? ''
    expect(readFileSync(join(directory, aside))).toEqual(bytes.subarray(start, end))
  })

  it('goes on with the rest when the head of an entry is damaged', async () => {
    const [, start = 0] = await written('one', 'two', 'three')
    const bytes = readFileSync(segmentPath())
    bytes.fill(0xff, start, start + 16)
    writeFileSync(segmentPath(), bytes)
    const { queue, counts } = await open()
    expect(queue.records).toBe(2)
    expect(await drain(queue)).toEqual(['one', 'three'])
    expect(counts.damaged).toBe(1)
  })

  it('goes on before and after an entry that a crash has cut off, wherever that was', async () => {
    const [, start = 0] = await written('one', 'two')
    const whole = readFileSync(segmentPath())
    const path = segmentPath()
    for (let length = start + 1; length < whole.length; length += 13) {
      for (const name of readdirSync(directory)) rmSync(join(directory, name))
      writeFileSync(path, whole)
      truncateSync(path, length)
      const { queue, counts } = await open()
      await append(queue, 'three').settled
      expect(await drain(queue)).toEqual(['one', 'three'])
      expect(counts.damaged).toBe(1)
      await queue.close()
    }
  })

  it('starts from the beginning when the position is damaged: entries come twice, but none is lost', async () => {
    const { queue } = await open()
    for (const line of ['a', 'b']) await append(queue, line).settled
    const taken = await queue.take()
    if (taken !== undefined) queue.done(taken)
    await queue.close()
    const position = readFileSync(join(directory, 'cursor'))
    const damaged = Array.from(position, (byte, at) => Buffer.from(position).fill(byte ^ (1 << (at % 8)), at, at + 1))
    for (const bytes of [...damaged, position.subarray(1), Buffer.from('nonsense'), Buffer.alloc(0)]) {
      const copy = crashed(directory)
      writeFileSync(join(copy, 'cursor'), bytes)
      const { queue: next } = await open({ directory: copy })
      expect(await drain(next)).toEqual(['a', 'b'])
      await next.close()
      rmSync(copy, { recursive: true })
    }
  })

  it('holds back what does not fit until something was exported', async () => {
    const maxBytes = 200_000
    const { queue } = await open({ maxBytes })
    const line = 'x'.repeat(30_000)
    const count = 20
    const outcomes = Array.from({ length: count }, (_, index) => `${index} ${line}`)
    const writing = (async () => {
      for (const text of outcomes) await append(queue, text).settled
    })()
    const seen: unknown[] = []
    while (seen.length < count) {
      const taken = await queue.take()
      expect(bytesOnDisk()).toBeLessThanOrEqual(maxBytes)
      seen.push(...bodies(taken).map((body) => Number.parseInt(String(body), 10)))
      if (taken !== undefined) queue.done(taken)
    }
    await writing
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => index))
  })

  it('waits for room for as long as nothing is exported', async () => {
    const { queue } = await open({ maxBytes: 100_000 })
    const line = 'x'.repeat(60_000)
    await append(queue, `1${line}`).settled
    const second = append(queue, `2${line}`)
    const taken = await queue.take()
    expect(second.state).toBe('pending')
    expect(queue.fileBytes).toBeLessThan(100_000)
    if (taken !== undefined) queue.done(taken)
    await second.settled
    expect(second.state).toBe('acknowledged')
  })

  it('drops the oldest when it is told to, counted, and keeps the newest in order', async () => {
    const maxBytes = 600_000
    const { queue, counts } = await open({ maxBytes, whenFull: 'drop_oldest' })
    const line = 'x'.repeat(30_000)
    for (let index = 0; index < 50; index++) {
      await append(queue, `${index} ${line}`).settled
      expect(bytesOnDisk()).toBeLessThanOrEqual(maxBytes)
    }
    const seen = (await drain(queue)).map((body) => Number.parseInt(String(body), 10))
    expect(seen.length).toBeGreaterThan(5)
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => 50 - seen.length + index))
    expect(counts.dropped).toBe(50 - seen.length)
  })

  it('fails what it cannot write when it is told to stop', async () => {
    const stop = new AbortController()
    const { queue } = await open({ maxBytes: 100_000, stopping: stop.signal })
    await append(queue, 'x'.repeat(60_000)).settled
    const second = append(queue, 'x'.repeat(60_000))
    stop.abort(new Error('now'))
    await second.settled
    expect(second.state).toBe('failed')
  })

  it('leaves no segment behind when all was exported, and never uses the number of one again', async () => {
    for (const round of ['a', 'b']) {
      const { queue } = await open()
      await append(queue, round).settled
      expect(await drain(queue)).toEqual([round])
      await queue.close()
      expect(readdirSync(directory)).toEqual(['cursor'])
    }
  })

  it('writes over the files of what was exported, and finds its own entries alone after a crash at any time', async () => {
    const maxBytes = 1 << 20
    const { queue, clock } = await open({ maxBytes })
    const taken: Taken[] = []
    const inodes = new Set<number>()
    for (let index = 0; index < 60; index++) {
      await append(queue, `${index} ${'x'.repeat(20_000 + index * 37)}`).settled
      for (const name of segments(directory)) inodes.add(statSync(join(directory, name)).ino)
      const next = await queue.take()
      if (next !== undefined) taken.push(next)
      const [oldest] = taken.length > 2 ? taken.splice(0, 1) : []
      if (oldest !== undefined) queue.done(oldest)
      await clock.advance(20)
      const copy = crashed(directory)
      const { queue: after, counts } = await open({ maxBytes, directory: copy })
      const seen = (await drain(after)).map((body) => Number.parseInt(String(body), 10))
      expect(seen.at(-1)).toBe(index)
      expect(seen[0]).toBeLessThanOrEqual(Math.max(0, index - 1))
      expect(seen[0]).toBeGreaterThanOrEqual(index - 3)
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => index + 1 - seen.length + at))
      expect(counts.damaged).toBe(0)
      await after.close()
      rmSync(copy, { recursive: true })
    }
    expect(inodes.size).toBeLessThan(10)
  })

  it('finds what was acknowledged when an entry was cut off that was being written over an older one', async () => {
    const { queue, clock } = await open()
    let before = Buffer.alloc(0)
    for (let index = 0; index < 30; index++) {
      const last = segments(directory).at(-1)
      before = last === undefined ? before : readFileSync(join(directory, last))
      await append(queue, `${index} ${'x'.repeat(10_000)}`).settled
      const taken = await queue.take()
      if (taken !== undefined && index < 27) queue.done(taken)
      await clock.advance(20)
    }
    const name = segments(directory).at(-1) ?? ''
    const after = readFileSync(join(directory, name))
    expect(after.length).toBe(before.length)
    const start = after.findIndex((byte, at) => byte !== before[at])
    for (let cut = 0; start + cut < after.length && cut < 12_000; cut += cut < 64 ? 1 : 97) {
      const copy = crashed(directory)
      writeFileSync(join(copy, name), Buffer.concat([after.subarray(0, start + cut), before.subarray(start + cut)]))
      const { queue: next, counts } = await open({ directory: copy })
      const seen = (await drain(next)).map((body) => Number.parseInt(String(body), 10))
      expect(seen.slice(0, 2)).toEqual([27, 28])
      expect(seen.slice(2)).toEqual(seen.length > 2 ? [29] : [])
      expect(counts.damaged).toBeLessThanOrEqual(1)
      await next.close()
      rmSync(copy, { recursive: true })
    }
  })
})
