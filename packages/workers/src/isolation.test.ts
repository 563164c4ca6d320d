import { Buffer } from 'node:buffer'
import { pathToFileURL } from 'node:url'
import { type AlertReport, type Detector, LogBatch, messageOf } from '@weir/sdk'
import { batchOf, MemoryLogger, MemoryMeter, MemoryState, plainRecords, TestClock } from '@weir/sdk/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { IsolatedDetectors } from './isolated-detector.ts'
import { IsolatedParser, remoteParserOf } from './isolated-parser.ts'
import { IsolatedProcessor } from './isolated-processor.ts'
import { IsolatedThread } from './isolated-thread.ts'

const entry = pathToFileURL(`${import.meta.dirname}/testdata/misbehaving.ts`).href
const mebibyte = 2 ** 20
const source = { id: 'a.log' }
const threads: IsolatedThread[] = []
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close()
})

interface Isolated {
  readonly thread: IsolatedThread
  readonly clock: TestClock
  readonly logger: MemoryLogger
  readonly meter: MemoryMeter
  readonly state: MemoryState
}

function isolated(kind: string, how = '', { type = 'misbehaving', budgetMs = 5000 } = {}): Isolated {
  const clock = new TestClock()
  const logger = new MemoryLogger()
  const meter = new MemoryMeter()
  const state = new MemoryState()
  const thread = new IsolatedThread({
    ...{ id: type, clock, logger, meter, state, stopping: new AbortController().signal },
    component: { kind, type, entry, config: { how }, key: `${kind}/${type}` },
    limits: { memory_limit: 32 * mebibyte, time_budget: budgetMs },
    runMode: { once: true, isTerminal: false, baseDir: '/' },
  })
  threads.push(thread)
  return { thread, clock, logger, meter, state }
}

/** Waits for what other threads do. */
const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 45_000, interval: 5 })
const isDown = ({ logger }: Isolated) =>
  until(() => logger.lines.some(({ message }) => message.endsWith('was stopped')))
const failures = ({ logger }: Isolated) =>
  logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => Reflect.get(fields, 'reason'))

/** Lets the pause before the restart pass, and no more: the start has a time of its own. */
async function pauseOver({ clock, logger }: Isolated): Promise<void> {
  const pauses = logger.lines.map(({ fields }) => Reflect.get(fields, 'restart_in_ms'))
  await clock.advance(Number(pauses.findLast((pause) => pause !== undefined)))
}

/** Waits until it runs again. */
async function recovered(one: Isolated): Promise<void> {
  await isDown(one)
  await pauseOver(one)
  await one.thread.ready()
}

const text = (...lines: string[]) => new Uint8Array(Buffer.from(lines.map((line) => `${line}\n`).join('')))
const bodies = (batch: LogBatch | null) => (batch === null ? null : plainRecords(batch).map(({ body }) => body))

/** How it misbehaves in its method, and why its thread is stopped for it; what is only thrown ends no thread. */
const misdeeds: [string, string | undefined][] = [
  ['throw', undefined],
  ['reject', undefined],
  ['never', 'time_budget'],
  ['loop', 'time_budget'],
  ['leak', 'memory_limit'],
  ['leak_outside', 'memory_limit'],
  ['exit', 'exit'],
]

describe('a processor in a thread of its own', () => {
  it('gives what it gives otherwise, and has logger, metrics and state of the collector', async () => {
    const one = isolated('processor')
    one.state.set('starts', 41)
    const processor = new IsolatedProcessor(one.thread)
    await processor.start()
    const batch = await processor.process(batchOf(['a', 'b']))
    expect(batch === null ? [] : plainRecords(batch)).toMatchObject([
      { body: 'a', attributes: { processed: true } },
      { body: 'b', attributes: { processed: true } },
    ])
    await processor.stop()
    expect(one.state.get('starts')).toBe(42)
    expect(one.logger.lines).toEqual([{ level: 'info', message: 'started', fields: { starts: 42 } }])
    expect(one.meter.total('weir_test_batches')).toBe(1)
    expect(one.clock.pending).toBe(0)
  })

  it('returns the records of the batch itself where it only leaves some out', async () => {
    const processor = new IsolatedProcessor(isolated('processor', '', { type: 'filter' }).thread)
    await processor.start()
    const batch = batchOf(['a', '-b', 'c', '-d', 'e']).select(Uint32Array.of(1, 2, 3, 4))
    const result = await processor.process(batch)
    expect(bodies(result)).toEqual(['c', 'e'])
    expect(result?.cells).toBe(batch.cells)
  })

  it.each(misdeeds)('that does %s loses the batch at hand and goes on', async (how, reason) => {
    const one = isolated('processor', how)
    const processor = new IsolatedProcessor(one.thread)
    await processor.start()
    const lost = processor.process(batchOf(['now'])).catch((error: unknown) => messageOf(error))
    if (reason === 'time_budget') {
      await until(() => one.clock.pending > 0)
      await one.clock.advance(5000)
    }
    const messages: { [how: string]: unknown } = { throw: 'it was thrown', reject: 'it was rejected' }
    // What lies outside of the heap is looked at when the batch is done.
    if (how !== 'leak_outside') expect(await lost).toEqual(messages[how] ?? expect.stringContaining('was stopped'))
    if (reason !== undefined) await recovered(one)
    expect(failures(one)).toEqual(reason === undefined ? [] : [reason])
    expect(one.meter.total('weir_component_restarts')).toBe(reason === undefined ? 0 : 1)
    expect(bodies(await processor.process(batchOf(['later'])))).toEqual(['later'])
  })

  it.each([
    ['create', 3],
    ['start', 1],
  ])('that throws in %s is tried again and again, and the collector starts', async (how, restarts) => {
    const one = isolated('processor', how)
    const processor = new IsolatedProcessor(one.thread)
    await processor.start()
    for (let restart = 1; restart <= restarts; restart++) {
      await until(() => failures(one).length === restart)
      await pauseOver(one)
    }
    await until(() => failures(one).length === restarts + 1)
    expect(failures(one)).toEqual(Array(restarts + 1).fill('create'))
    expect(one.thread.isUp).toBe(false)
    // After a few failures in a row, nobody waits for the next start.
    if (restarts >= 3) await expect(processor.process(batchOf(['a']))).rejects.toThrow('does not run at the moment')
  })

  it('that says on purpose what is wrong with its config stops the start', async () => {
    const processor = new IsolatedProcessor(isolated('processor', 'create_on_purpose').thread)
    await expect(processor.start()).rejects.toMatchObject({ code: 'WEIR_TEST_KEY', hint: 'put it right' })
  })

  it('keeps batches waiting while it is started again', async () => {
    const one = isolated('processor', 'exit')
    const processor = new IsolatedProcessor(one.thread)
    await processor.start()
    await expect(processor.process(batchOf(['now']))).rejects.toThrow('exit code 7')
    // The thread may not be gone yet.
    const waiting = processor.process(batchOf(['waiting']))
    await isDown(one)
    await pauseOver(one)
    expect(bodies(await waiting)).toEqual(['waiting'])
  })
})

describe('a parser in a thread of its own', () => {
  it('gives its batches to who need not wait, with its failures', async () => {
    const { thread } = isolated('parser')
    thread.startNow()
    const [batch] = (await remoteParserOf(thread).parse(text('one', '?two'), source)) ?? []
    expect(batch?.failures).toEqual([1])
    expect(batch === undefined ? [] : plainRecords(batch)[0]).toEqual({ body: 'one', attributes: { parsed: true } })
  })

  it.each([['throw', undefined], ['reject', 'exception'], ['never', undefined], ...misdeeds.slice(3)])(
    'that does %s is gone for as long as it takes to start it again',
    async (how, reason) => {
      const one = isolated('parser', how)
      one.thread.startNow()
      const remote = remoteParserOf(one.thread)
      const parsed = remote.parse(text('now'), source).catch((error: unknown) => error)
      if (how === 'loop') await one.clock.advance(5000)
      await parsed
      if (reason !== undefined) {
        await isDown(one)
        expect(await remote.parse(text('meanwhile'), source)).toBeUndefined()
        await recovered(one)
      }
      expect(failures(one)).toEqual(reason === undefined ? [] : [reason])
      expect((await remote.parse(text('later'), source))?.map(bodies)).toEqual([['later']])
    },
  )

  it('that throws in create leaves lines as they are', () => {
    const one = isolated('parser', 'create')
    one.thread.startNow()
    const parser = new IsolatedParser(one.thread)
    const batch = new LogBatch()
    batch.bytes = Buffer.from('one\ntwo\n')
    expect(parser.parseBatch(batch.bytes, 0, 8, batch)).toBe(8)
    expect([bodies(batch), batch.failures]).toEqual([
      ['one', 'two'],
      [0, 1],
    ])
    expect(parser.sniff(['one'])).toBe(0)
  })

  it('that says on purpose what is wrong with its config stops the start', () => {
    const { thread } = isolated('parser', 'create_on_purpose')
    expect(() => thread.startNow()).toThrow('the key is wrong')
  })

  it('fills the batches of those who wait on the spot, from wherever the lines stand', () => {
    const { thread } = isolated('parser')
    thread.startNow()
    const parser = new IsolatedParser(thread)
    const batch = new LogBatch({ capacity: 3 })
    batch.bytes = Buffer.from('before\none\r\n\n?two\nthree\nfour\n')
    const reached = parser.parseBatch(batch.bytes, 7, batch.bytes.length, batch)
    const again = new LogBatch()
    again.bytes = batch.bytes
    expect(parser.parseBatch(batch.bytes, reached, batch.bytes.length, again)).toBe(batch.bytes.length)
    const all = [...plainRecords(batch), ...plainRecords(again)]
    expect(all.map(({ body }) => body)).toEqual(['one', '?two', 'three', 'four'])
    expect(all.map(({ attributes }) => attributes.parsed)).toEqual([true, undefined, true, true])
    expect(batch.failures).toEqual([1])
    expect(batch.line(0)).toBe('one')
  })

  it('parses whole records, remembers by source, and says which lines continue', () => {
    const { thread } = isolated('parser', '', { type: 'remembering' })
    thread.startNow()
    const parser = new IsolatedParser(thread)
    const count = (id: string, line: string) => {
      const record = batchOf([line])[Symbol.iterator]().next().value
      if (record !== undefined && parser.open({ id }).parse(line, record)) return record.attributes.get('count')
      return undefined
    }
    expect([count('a', 'x\n y'), count('b', 'x'), count('a', 'x'), count('a', ' x')]).toEqual([1, 1, 2, undefined])
    const continued = [[' x'], ['x'], ['x', 'a \\'], ['x', 'a']] as const
    expect(continued.map(([line, previous]) => parser.continues?.(line, previous))).toEqual([true, false, true, false])
  })
})

describe('a detector in a thread of its own', () => {
  const observed = (detector: Detector, ...lines: string[]): string[] => {
    const titles: string[] = []
    detector.observeBatch?.(batchOf(lines), ({ title }: AlertReport) => titles.push(title))
    return titles
  }

  it('reports at once, each instance by itself', () => {
    const { thread } = isolated('detector')
    thread.startNow()
    const detectors = new IsolatedDetectors(thread)
    const [one, other] = [detectors.create(), detectors.create()]
    expect(observed(one, 'a', 'b')).toEqual(['record 1', 'record 2'])
    expect(observed(other, 'c')).toEqual(['record 1'])
    expect([one.snapshot?.(), other.snapshot?.()]).toEqual([2, 1])
    one.restore?.(10)
    expect(observed(one, 'd')).toEqual(['record 11'])
  })

  it.each([['throw', undefined], ['reject', 'exception'], ['never', undefined], ...misdeeds.slice(3)])(
    'that does %s goes on from its last snapshot',
    async (how, reason) => {
      const one = isolated('detector', how, { budgetMs: how === 'loop' || how === 'leak' ? 2000 : 8000 })
      one.thread.startNow()
      const detector = new IsolatedDetectors(one.thread).create()
      observed(detector, 'a', 'b')
      expect(detector.snapshot?.()).toBe(2)
      observed(detector, 'c')
      try {
        observed(detector, 'now')
      } catch {
        // That the host is told is a matter of how it fails.
      }
      if (reason === undefined) {
        expect(observed(detector, 'd')).toEqual(['record 5'])
        return
      }
      await isDown(one)
      expect(observed(detector, 'meanwhile')).toEqual([])
      expect(detector.snapshot?.()).toBe(2)
      await recovered(one)
      // Who waits on the spot may notice that the time is over before it hears of the memory.
      if (how === 'leak') expect(['memory_limit', 'time_budget']).toContain(failures(one)[0])
      else expect(failures(one)).toEqual([reason])
      expect(observed(detector, 'd')).toEqual(['record 3'])
    },
  )

  it('counts and names the records that it has forgotten or was not shown', async () => {
    const one = isolated('detector', 'exit')
    one.thread.startNow()
    const detector = new IsolatedDetectors(one.thread).create()
    observed(detector, 'a', 'b')
    detector.snapshot?.()
    observed(detector, 'c')
    expect(() => observed(detector, 'now')).toThrow('misbehaving was stopped')
    await isDown(one)
    observed(detector, 'd', 'e', 'f')
    await recovered(one)
    expect(one.meter.total('weir_component_skipped_records')).toBe(5)
    expect(one.logger.lines.at(-1)).toMatchObject({ message: 'it runs again', fields: { skipped_records: 5 } })
  })

  it('says what it has learnt and what its alerts are about, and lets go of what is under way', () => {
    const { thread } = isolated('detector', '', { type: 'telling' })
    thread.startNow()
    const detector = new IsolatedDetectors(thread).create()
    expect(detector.describe?.()).toBeUndefined()
    const batch = batchOf([
      { severityNumber: 17, attributes: { path: '/cart' } },
      { severityNumber: 17, attributes: { path: '/' } },
      { severityNumber: 9, attributes: { path: '/cart' } },
      { severityNumber: 18, attributes: { path: '/cart' } },
    ])
    detector.observeBatch?.(batch, () => {})
    expect(detector.describe?.()).toBe('4 records, 4 under way')
    detector.interrupt?.()
    expect(detector.describe?.()).toBe('4 records, 0 under way')
    const concerned: unknown[] = []
    batch.forEach((record) => concerned.push(detector.concerns?.(record)))
    expect(concerned).toEqual([true, false, false, true])
  })

  it('is not asked what its alerts are about when it does not say', () => {
    const { thread } = isolated('detector')
    thread.startNow()
    expect(new IsolatedDetectors(thread).create().concerns).toBeUndefined()
  })

  it('repeats while it is gone what it last said that it had learnt', async () => {
    const one = isolated('detector', '', { type: 'telling' })
    one.thread.startNow()
    const detector = new IsolatedDetectors(one.thread).create()
    detector.observeBatch?.(batchOf(['a']), () => {})
    expect(detector.describe?.()).toBe('1 records, 1 under way')
    await one.thread.close()
    expect(detector.describe?.()).toBe('1 records, 1 under way')
    for (const record of batchOf(['a'])) expect(detector.concerns?.(record)).toBe(true)
  })

  it('learns anew when it cannot use its snapshot', async () => {
    const one = isolated('detector', 'exit')
    one.thread.startNow()
    const detector = new IsolatedDetectors(one.thread).create()
    expect(() => detector.restore?.('unusable')).toThrow('it cannot be used')
    expect(() => observed(detector, 'now')).toThrow('was stopped')
    await recovered(one)
    expect(observed(detector, 'a')).toEqual(['record 1'])
    expect(one.logger.lines.map(({ message }) => message)).toContain('its snapshot could not be used')
  })

  it('ends its thread with its last instance', () => {
    const { thread } = isolated('detector')
    thread.startNow()
    const detectors = new IsolatedDetectors(thread)
    const [one, other] = [detectors.create(), detectors.create()]
    one.stop?.()
    expect([detectors.isOver, observed(other, 'a')]).toEqual([false, ['record 1']])
    other.stop?.()
    expect([detectors.isOver, thread.isClosed]).toEqual([true, true])
  })

  it('reports what it had to report before it threw', () => {
    const { thread } = isolated('detector', 'throw')
    thread.startNow()
    const titles: string[] = []
    const detector = new IsolatedDetectors(thread).create()
    const report = ({ title }: AlertReport) => void titles.push(title)
    expect(() => detector.observeBatch?.(batchOf(['a', 'now']), report)).toThrow('it was thrown')
    expect(titles).toEqual(['record 1', 'record 2'])
  })

  it('that throws in create sees nothing, and the collector starts', async () => {
    const one = isolated('detector', 'create')
    one.thread.startNow()
    const detector = new IsolatedDetectors(one.thread).create()
    expect(observed(detector, 'a')).toEqual([])
    await isDown(one)
    expect(failures(one)).toEqual(['create'])
  })
})
