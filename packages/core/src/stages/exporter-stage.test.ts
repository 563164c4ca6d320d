import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExporterSettings, exporterKeys } from '@weir/config'
import { TapPoint } from '@weir/control'
import { type Exporter, PermanentError, RetryableError, resolveConfig } from '@weir/sdk'
import { batchOf, MemoryLogger, MemoryMeter, settle, TestClock } from '@weir/sdk/testing'
import { ExporterMetrics } from '@weir/telemetry'
import { afterEach, describe, expect, it } from 'vitest'
import { Channel } from '../channel/channel.ts'
import type { Branch } from '../channel/fan-out.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import { DeadLetters } from '../dead-letter/dead-letters.ts'
import { ExporterStage } from './exporter-stage.ts'

/** A stage before an exporter that does what it is told, one answer per attempt; afterwards it succeeds. */
async function stageWith(
  answers: (Error | 'hang')[],
  config: object = {},
  { concurrent = 1, queueDirectory = '', drains = false, dead = [] as Branch[] } = {},
) {
  const clock = new TestClock()
  const meter = new MemoryMeter()
  const logger = new MemoryLogger()
  const stop = new AbortController()
  const exported: string[][] = []
  const attempts: number[] = []
  const exporter: Exporter = {
    async export(batch) {
      attempts.push(clock.now())
      const answer = answers.shift()
      if (answer === 'hang') await new Promise(() => {})
      if (answer instanceof Error) throw answer
      exported.push(Array.from(batch, (record) => String(record.body)))
    },
  }
  const settings = resolveConfig(exporterKeys, config) as ExporterSettings
  const stage = new ExporterStage({
    id: 'sink',
    exporter,
    concurrent,
    settings,
    queueDirectory,
    drains,
    clock,
    logger,
    metrics: new ExporterMetrics(meter),
    tap: new TapPoint(),
    deadLetters: new DeadLetters({ component: 'exporter/sink', clock, logger, branches: dead, count: () => {} }),
    stopping: stop.signal,
  })
  await stage.start()
  const send = async (...lines: string[]) => {
    const delivery = new PendingDelivery(1)
    let state = 'pending'
    delivery.done.then(
      () => (state = 'delivered'),
      () => (state = 'not delivered'),
    )
    await stage.queue.push({ batch: batchOf(lines), delivery })
    await settle()
    return () => state
  }
  return { stage, send, clock, meter, logger, stop, exported, attempts }
}

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})
const newDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-stage-'))
  directories.push(directory)
  return directory
}

describe('an exporter stage', () => {
  it('tries again after a retryable error, until the batch is delivered', async () => {
    const { send, clock, exported, meter } = await stageWith([new RetryableError('busy'), new RetryableError('busy')])
    const state = await send('one')
    expect(state()).toBe('pending')
    await clock.advance(60_000)
    expect(state()).toBe('delivered')
    expect(exported).toEqual([['one']])
    expect(meter.total('weir_exporter_retries')).toBe(2)
    expect(meter.total('weir_exporter_sent_log_records')).toBe(1)
  })

  it('waits at least as long as the sink asked', async () => {
    const { send, clock, attempts } = await stageWith([new RetryableError('429', { retryAfter: 45_000 })])
    await send('one')
    await clock.advance(44_000)
    expect(attempts).toHaveLength(1)
    await clock.advance(2000)
    expect(attempts).toHaveLength(2)
  })

  it('gives a batch up after a permanent error, counted and logged, and goes on with the next', async () => {
    const { send, exported, meter, logger } = await stageWith([new PermanentError('400')])
    const state = await send('bad')
    await send('good')
    expect(state()).toBe('delivered')
    expect(exported).toEqual([['good']])
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(1)
    expect(logger.lines.some(({ level, message }) => level === 'error' && message.includes('given up'))).toBe(true)
  })

  it('with `policy: spill` writes to disk only what does not fit in memory, and exports all of it in order', async () => {
    const queueDirectory = newDirectory()
    const config = { sending_queue: { policy: 'spill', queue_size: 2, fsync: 'never' } }
    const busy = Array.from({ length: 3 }, () => new RetryableError('busy'))
    const { stage, send, clock, exported } = await stageWith(busy, config, { queueDirectory })
    const files = () => readdirSync(queueDirectory).filter((name) => name.endsWith('.queue'))
    const states = [await send('1'), await send('2'), await send('3')]
    expect(files()).toEqual([])
    for (const line of ['4', '5', '6']) states.push(await send(line))
    await expect
      .poll(() => states.map((state) => state()))
      .toEqual([
        // The first is being tried, the next two fit; what is written is delivered as far as its source is concerned.
        ...['pending', 'pending', 'pending'],
        ...['delivered', 'delivered', 'delivered'],
      ])
    expect(files()).toHaveLength(1)
    await clock.advance(60_000)
    await expect.poll(() => exported.flat()).toEqual(['1', '2', '3', '4', '5', '6'])
    const before = files()
    states.push(await send('7'))
    await expect.poll(() => exported.flat().at(-1)).toBe('7')
    expect(files()).toEqual(before)
    expect(stage.waiting.records).toBe(0)
    await stage.stop()
  })

  it('with `policy: spill` keeps order whatever the exporter and its source do', async () => {
    const queueDirectory = newDirectory()
    const config = { sending_queue: { policy: 'spill', queue_size: 3, fsync: 'never' } }
    const answers = Array.from({ length: 40 }, (_, index) => (index % 9 < 2 ? [new RetryableError('busy')] : [])).flat()
    const { stage, send, clock, exported } = await stageWith(answers, config, { queueDirectory })
    for (let index = 0; index < 300; index++) {
      void send(String(index))
      if (index % 7 === 0) await settle()
      if (index % 40 === 39) await clock.advance(60_000)
    }
    await expect.poll(() => clock.advance(60_000).then(() => exported.flat().length)).toBe(300)
    expect(exported.flat()).toEqual(Array.from({ length: 300 }, (_, index) => String(index)))
    await stage.stop()
  })

  it.each(['memory', 'disk'])(
    'exports what a former run left on the disk before what comes now (%s)',
    async (storage) => {
      const queueDirectory = newDirectory()
      const queue = storage === 'disk' ? { storage } : { policy: 'spill', queue_size: 2 }
      const config = { sending_queue: { ...queue, fsync: 'never' } }
      const first = await stageWith(Array(100).fill(new RetryableError('down')), config, { queueDirectory })
      const states: (() => string)[] = []
      for (const line of ['1', '2', '3', '4', '5', '6']) states.push(await first.send(line))
      await expect.poll(() => states.slice(3).map((state) => state())).toEqual(Array(3).fill('delivered'))
      const left = states.flatMap((state, index) => (state() === 'delivered' ? String(index + 1) : []))
      first.stop.abort(new Error('now'))
      first.stage.queue.abort(new Error('now'))
      await first.stage.stop()
      const { stage, send, exported } = await stageWith([], config, { queueDirectory })
      for (const line of ['7', '8', '9']) void send(line)
      await expect.poll(() => exported.flat()).toEqual([...left, '7', '8', '9'])
      await stage.stop()
    },
  )

  it('makes dead letters of what was refused alone, and is done with the batch when they are', async () => {
    const channel = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
    const dead = [{ channel, mutates: false }]
    const { send } = await stageWith([new PermanentError('bad', { rows: [1] })], {}, { dead })
    const state = await send('one', 'two', 'three')
    expect(state()).toBe('pending')
    const letters = channel.shift()
    const seen = Array.from(letters?.batch ?? [], ({ body, attributes }) => [
      body,
      attributes.get('weir.dead_letter.reason'),
      attributes.get('weir.dead_letter.component'),
      attributes.get('weir.dead_letter.error'),
      attributes.get('weir.dead_letter.attempts'),
    ])
    expect(seen).toEqual([['two', 'permanent', 'exporter/sink', 'bad', 1]])
    letters?.delivery.settle()
    await settle()
    expect(state()).toBe('delivered')
  })

  it('makes dead letters of what was tried for too long, with the number of attempts', async () => {
    const channel = new Channel({ maxRecords: 10, maxBytes: 1e6, policy: 'block', onDrop: () => {} })
    const retry = { initial_interval: '1s', max_elapsed_time: '5s' }
    const busy = Array.from({ length: 50 }, () => new RetryableError('busy'))
    const options = { dead: [{ channel, mutates: false }] }
    const { send, clock, attempts } = await stageWith(busy, { retry_on_failure: retry }, options)
    await send('one', 'two')
    await clock.advance(60_000)
    const [first] = channel.shift()?.batch ?? []
    expect(first?.attributes.get('weir.dead_letter.reason')).toBe('retries_exhausted')
    expect(first?.attributes.get('weir.dead_letter.attempts')).toBe(attempts.length)
  })

  it('counts what a sink refuses of a batch apart from what it took', async () => {
    const { send, meter, logger } = await stageWith([new PermanentError('1 is no date', { records: 1 })])
    const state = await send('good', 'bad', 'good')
    expect(state()).toBe('delivered')
    expect(meter.total('weir_exporter_sent_log_records')).toBe(2)
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(1)
    expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'some records of a batch were refused and are given up', fields: { records: 1 } },
    ])
  })

  it('bridges an hour without the sink: little is tried, all is delivered in order when it is back', async () => {
    const errors = Array.from({ length: 10_000 }, () => new RetryableError('connection refused'))
    const { send, clock, attempts, exported, meter } = await stageWith(errors)
    const states = [await send('a'), await send('b', 'c'), await send('d')]
    await clock.advance(3_600_000)
    expect(states.map((state) => state())).toEqual(['pending', 'pending', 'pending'])
    // A probe of the circuit each 30 s or more.
    expect(attempts.length).toBeLessThanOrEqual(5 + 120)
    errors.length = 0
    await clock.advance(60_000)
    expect(exported).toEqual([['a'], ['b', 'c'], ['d']])
    expect(states.map((state) => state())).toEqual(['delivered', 'delivered', 'delivered'])
    expect(meter.total('weir_exporter_sent_log_records')).toBe(4)
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(0)
  })

  it('gives up after max_elapsed_time when there is one', async () => {
    const errors = Array.from({ length: 100 }, () => new RetryableError('down'))
    const { send, clock, meter } = await stageWith(errors, { retry_on_failure: { max_elapsed_time: '1m' } })
    const state = await send('one')
    await clock.advance(10 * 60_000)
    expect(state()).toBe('delivered')
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(1)
  })

  it('does not wait for an open circuit longer than max_elapsed_time', async () => {
    const errors = Array.from({ length: 100 }, () => new RetryableError('down'))
    const { send, clock, meter } = await stageWith(errors, {
      retry_on_failure: { initial_interval: '1s', max_elapsed_time: '20s' },
      circuit_breaker: { failure_threshold: 2, open_duration: '10m' },
    })
    const state = await send('one')
    await clock.advance(20_000)
    expect(state()).toBe('delivered')
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(1)
  })

  it('never gives up by default, not in an hour', async () => {
    const errors = Array.from({ length: 10_000 }, () => new RetryableError('down'))
    const { send, clock, meter } = await stageWith(errors)
    const state = await send('one')
    await clock.advance(3_600_000)
    expect(state()).toBe('pending')
    expect(meter.total('weir_exporter_send_failed_log_records')).toBe(0)
  })

  it('ends an attempt that takes longer than the time-out, and tries again', async () => {
    const { send, clock, exported } = await stageWith(['hang'], { timeout: '5s' })
    await send('one')
    await clock.advance(5000)
    expect(exported).toEqual([])
    await clock.advance(60_000)
    expect(exported).toEqual([['one']])
  })

  it('opens its circuit after failures in a row, and closes it when a probe gets through', async () => {
    const errors = Array.from({ length: 3 }, () => new RetryableError('down'))
    const { stage, send, clock, meter } = await stageWith(errors, {
      circuit_breaker: { failure_threshold: 3, open_duration: '10m' },
    })
    const state = await send('one')
    await clock.advance(120_000)
    expect(stage.circuitState).toBe('open')
    expect(meter.total('weir_exporter_circuit_state')).toBe(2)
    await clock.advance(600_000)
    expect(stage.circuitState).toBe('closed')
    expect(state()).toBe('delivered')
  })

  it('joins small batches when told to, and flushes after the time-out', async () => {
    const { send, clock, exported } = await stageWith([], { batch: { max_records: 3, flush_timeout: '1s' } })
    const states = [await send('a'), await send('b')]
    expect(exported).toEqual([])
    await clock.advance(1000)
    expect(exported).toEqual([['a', 'b']])
    expect(states.map((state) => state())).toEqual(['delivered', 'delivered'])
    await send('c')
    await send('d')
    await send('e')
    expect(exported).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ])
  })

  it('joins no batches of different scopes or resources', async () => {
    const { stage, clock, exported } = await stageWith([], { batch: { max_records: 10, flush_timeout: '1s' } })
    for (const [name, scope] of [
      ['one', 'cart'],
      ['two', 'login'],
      ['three', 'cart'],
      ['four', undefined],
    ] as const) {
      const batch = batchOf([name])
      if (scope !== undefined) batch.scope = { name: scope }
      await stage.queue.push({ batch, delivery: new PendingDelivery(1) })
    }
    await clock.advance(1000)
    expect(exported).toEqual([['one', 'three'], ['two'], ['four']])
  })

  it('does not deliver what an abort interrupts', async () => {
    const { stage, send, stop, exported } = await stageWith([new RetryableError('down')])
    const state = await send('one')
    stop.abort(new Error('now'))
    stage.queue.abort(new Error('now'))
    await stage.stop()
    await settle()
    expect(state()).toBe('not delivered')
    expect(exported).toEqual([])
  })
})

describe('an exporter stage with a queue on disk', () => {
  const onDisk = { sending_queue: { storage: 'disk', fsync: 'always' } }
  const down = () => Array.from({ length: 100 }, () => new RetryableError('down'))

  it('acknowledges while the sink is down, and delivers in order after a restart', async () => {
    const queueDirectory = newDirectory()
    const first = await stageWith(down(), onDisk, { queueDirectory })
    const states = [await first.send('a', 'b'), await first.send('c')]
    await expect.poll(() => states.map((state) => state())).toEqual(['delivered', 'delivered'])
    await expect.poll(() => first.stage.waiting.records).toBe(3)
    await first.stage.stop()
    expect(first.exported).toEqual([])
    const second = await stageWith([], onDisk, { queueDirectory })
    await second.send('d')
    await expect.poll(() => second.exported).toEqual([['a', 'b'], ['c'], ['d']])
    await expect.poll(() => second.stage.waiting.records).toBe(0)
    await second.stage.stop()
    const third = await stageWith([], onDisk, { queueDirectory, drains: true })
    await third.stage.stop()
    expect(third.exported).toEqual([])
  })

  it('exports all that waits before it stops, if it is to drain', async () => {
    const { stage, send, exported } = await stageWith([], onDisk, { queueDirectory: newDirectory(), drains: true })
    for (const line of ['a', 'b', 'c']) await send(line)
    await stage.stop()
    expect(exported.flat()).toEqual(['a', 'b', 'c'])
  })

  it('says how much waits, and for how long', async () => {
    const { stage, send, clock, meter, stop } = await stageWith(down(), onDisk, { queueDirectory: newDirectory() })
    await send('a', 'b')
    await expect.poll(() => meter.total('weir_exporter_queue_size')).toBe(2)
    await expect.poll(() => meter.total('weir_exporter_retries')).toBeGreaterThan(0)
    expect(meter.total('weir_exporter_queue_bytes')).toBeGreaterThan(0)
    await clock.advance(10_000)
    expect(meter.total('weir_exporter_queue_oldest_age_ms')).toBeGreaterThan(0)
    stop.abort(new Error('now'))
    stage.queue.abort(new Error('now'))
    await stage.stop()
  })
})
