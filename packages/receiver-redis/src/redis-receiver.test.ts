import { MessageEncoder, Router } from '@weir/broker-messages'
import { type RedisClient, RedisLink } from '@weir/redis-connection'
import { hasRedisServer, RedisServer } from '@weir/redis-connection/testing'
import { attributeMap } from '@weir/sdk'
import {
  batchOf,
  CollectingOutput,
  createComponent,
  MemoryLogger,
  MemoryState,
  plainRecords,
  receiverContract,
  testServices,
} from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import redis from './index.ts'

describe.skipIf(!hasRedisServer)('the Redis receiver (needs: apt-get install redis-server)', () => {
  let server: RedisServer
  let client: RedisClient

  const clientOf = async (endpoint: string) => {
    const config = { endpoint, database: 0 }
    return new RedisLink({ config, baseDir: '.', componentId: 'test', logger: new MemoryLogger() }).client()
  }

  beforeAll(async () => {
    server = await RedisServer.start()
    client = await clientOf(server.endpoint)
  })
  afterAll(async () => {
    client.destroy()
    await server[Symbol.asyncDispose]()
  })

  const add = async (stream: string, ...bodies: string[]) => {
    for (const body of bodies) await client.xAdd(stream, '*', { body })
  }
  const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`)
  const pending = async (stream: string) => (await client.xPending(stream, 'weir')).pending

  /** A receiver that is started, which stops when the test is over. */
  async function receiving(config: object, output = new CollectingOutput(), state = new MemoryState()) {
    const services = testServices({ state })
    const receiver = createComponent(redis, { endpoint: server.endpoint, claim_min_idle: '1s', ...config }, services)
    await receiver.start(output)
    let isStopped = false
    const stop = async () => {
      if (isStopped) return
      isStopped = true
      await receiver.stop()
      output.rejectAll(new Error('stopped'))
      await receiver.close?.()
    }
    onTestFinished(stop)
    const lines = () => output.lines.map(({ text }) => text)
    /** Polls while the clock of the receiver goes on. */
    const running = (read: () => unknown) =>
      expect.poll(async () => {
        await services.clock.advance(200)
        return read()
      })
    return { ...services, receiver, output, stop, lines, running }
  }

  describe('contract', () => {
    const config = { endpoint: '', streams: ['contract'] }
    beforeAll(() => {
      config.endpoint = server.endpoint
    })
    let count = 0
    const produce = async () => {
      const id = await client.xAdd('contract', '*', { body: `${count++}` })
      // Until it has been given out, if there is anyone to give it to.
      const deadline = Date.now() + 300
      while (Date.now() < deadline) {
        const groups = await client.xInfoGroups('contract')
        if (groups.some((group) => group['last-delivered-id'].toString() === id.toString())) break
      }
    }
    for (const { name, run } of receiverContract(redis, { config, produce })) it(name, run)
  })

  it('reads entries of any producer: the body as lines, or all fields as JSON, and acknowledges them', async () => {
    await add('lines', ...numbers(50), 'two\nlines\n')
    await client.xAdd('lines', '*', { level: 'warn', msg: 'ä' })
    const { lines } = await receiving({ streams: ['lines'] })
    await expect.poll(lines).toEqual([...numbers(50), 'two', 'lines', '{"level":"warn","msg":"ä"}'])
    await expect.poll(() => pending('lines')).toBe(0)
    await add('lines', 'later')
    await expect.poll(() => lines().at(-1)).toBe('later')
  })

  it('acknowledges what was delivered when what remembers it is stored, and goes on behind that after a crash', async () => {
    await add('stored', ...numbers(20))
    const output = new CollectingOutput()
    output.holding = 'stored'
    const stateOfCrash = new MemoryState()
    const first = await receiving({ streams: ['stored'], consumer: 'me' }, output)
    await expect.poll(() => first.lines().length).toBe(20)
    expect(output.storesAsked).toBe(1)
    stateOfCrash.setAll(first.receiver.checkpoint?.() ?? {})
    await add('stored', ...numbers(20, 20))
    await expect.poll(() => first.lines().length).toBe(40)
    expect(await pending('stored')).toBe(40)
    await first.stop()
    await add('stored', ...numbers(20, 40))
    const second = await receiving({ streams: ['stored'], consumer: 'me' }, new CollectingOutput(), stateOfCrash)
    await expect.poll(() => second.lines().length).toBe(40)
    expect(second.lines()).toEqual(numbers(40, 20))
    await expect.poll(() => pending('stored')).toBe(0)
  })

  it('acknowledges when it stops what was stored at last', async () => {
    await add('last', ...numbers(20))
    const output = new CollectingOutput()
    output.holding = 'stored'
    const { receiver, lines } = await receiving({ streams: ['last'] }, output)
    await expect.poll(() => lines().length).toBe(20)
    await receiver.stop()
    output.settleAll()
    await new Promise(setImmediate)
    await receiver.close?.()
    expect(await pending('last')).toBe(0)
  })

  it.each(['none', 'gzip', 'zstd'] as const)('brings records of Weir as they were: %s', async (compression) => {
    const batch = batchOf([
      {
        time: Date.UTC(2026, 10, 24, 14, 13, 19, 123),
        severityNumber: 17,
        body: 'no "way"\n\0é😀',
        attributes: { 'a.b': 1.5 },
      },
      { body: { nested: [null, true, -1] }, attributes: { __proto__x: '\ud800', 'url.path': '/' } },
      {},
    ])
    batch.remainders()[0] = 456_789
    batch.resource = attributeMap([['service.name', 'shop']])
    const router = new Router({ template: `records:${compression}`, key: 'place' })
    const encoder = new MessageEncoder({ router, maxBytes: 200, compression })
    for await (const { destination, payload, fields } of encoder.unpublished(batch)) {
      await client.xAdd(destination, '*', { body: payload, ...fields })
    }
    const { output } = await receiving({ streams: [`records:${compression}`] })
    await expect.poll(() => output.records).toEqual(plainRecords(batch))
    expect(output.batches[0]?.resource).toEqual(batch.resource)
  })

  it('acknowledges nothing before it has been delivered, and lets nobody take over what takes long', async () => {
    const output = new CollectingOutput()
    output.holding = true
    const slow = await receiving({ streams: ['slow'], consumer: 'slow' }, output)
    await add('slow', 'one')
    await expect.poll(slow.lines).toEqual(['one'])
    const other = await receiving({ streams: ['slow'], consumer: 'other' })
    for (let turn = 0; turn < 30; turn++) {
      await Promise.all([slow.clock.advance(200), other.clock.advance(200)])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect([await pending('slow'), other.lines()]).toEqual([1, []])
    output.settleAll()
    await expect.poll(() => pending('slow')).toBe(0)
  })

  it('takes over what a collector has left that has died', async () => {
    await add('dead', ...numbers(300))
    await client.xGroupCreate('dead', 'weir', '0')
    await client.xReadGroup('weir', 'dead', [{ key: 'dead', id: '>' }], { COUNT: 200 })
    const { lines, running } = await receiving({ streams: ['dead'] })
    await expect.poll(() => lines().length).toBe(100)
    await running(() => lines().length).toBe(300)
    expect(new Set(lines())).toEqual(new Set(numbers(300)))
    await expect.poll(() => pending('dead')).toBe(0)
  })

  it('brings again at once, after a restart, what was not delivered, and under the same name', async () => {
    await add('again', ...numbers(3))
    const state = new MemoryState()
    const output = new CollectingOutput()
    output.holding = true
    const first = await receiving({ streams: ['again'], claim_min_idle: '1h' }, output, state)
    await expect.poll(() => first.lines().length).toBe(3)
    await first.stop()
    expect(await pending('again')).toBe(3)
    const second = await receiving({ streams: ['again'], claim_min_idle: '1h' }, new CollectingOutput(), state)
    await expect.poll(second.lines).toEqual(numbers(3))
    await expect.poll(() => pending('again')).toBe(0)
  })

  it('brings again what the pipeline has failed to deliver', async () => {
    const output = new CollectingOutput()
    output.holding = true
    const { lines, running } = await receiving({ streams: ['failed'] }, output)
    await add('failed', 'one')
    await expect.poll(lines).toEqual(['one'])
    output.holding = false
    output.rejectAll(new Error('the pipeline failed'))
    await running(lines).toEqual(['one', 'one'])
    await expect.poll(() => pending('failed')).toBe(0)
  })

  it('asks for no more than there is room for, while the pipeline is held back', async () => {
    await add('room', ...Array.from({ length: 200 }, () => 'x'.repeat(10_000)))
    const output = new CollectingOutput()
    output.block()
    const { lines } = await receiving({ streams: ['room'], max_bytes: '200KB' }, output)
    await expect.poll(() => pending('room').catch(() => 0)).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await pending('room')).toBeLessThan(50)
    output.open()
    await expect.poll(() => lines().length).toBe(200)
    await expect.poll(() => pending('room')).toBe(0)
  })

  it('shares a group with others: each entry comes to one of them', async () => {
    // Neither gets far before both have something.
    const config = { streams: ['shared'], max_messages: 5, max_bytes: '1KB' }
    const outputs = [new CollectingOutput(), new CollectingOutput()]
    for (const output of outputs) {
      output.block()
      await receiving(config, output)
    }
    await Promise.all(numbers(300).map((line) => add('shared', line)))
    await expect.poll(() => outputs.map(({ waiting }) => waiting)).toEqual([1, 1])
    for (const output of outputs) output.open()
    const lines = () => outputs.flatMap((output) => output.lines.map(({ text }) => text))
    await expect.poll(() => lines().length).toBe(300)
    expect(new Set(lines()).size).toBe(300)
  })

  it('consumes the partitions that it is given', async () => {
    for (const partition of [0, 1, 2]) await add(`part:${partition}`, `of ${partition}`)
    const { lines } = await receiving({ streams: ['part:{partition}'], partitions: [0, 2] })
    await expect.poll(() => lines().sort()).toEqual(['of 0', 'of 2'])
  })

  it('brings what waits in several streams in the order of time', async () => {
    // Runs of several lengths, so that the streams are unlike each other.
    const order = Array.from({ length: 400 }, (_, index) => `${Math.floor(index / (1 + (index % 90))) % 3} ${index}`)
    for (const [index, line] of order.entries())
      await client.xAdd(`order:${line[0]}`, `${1000 + index}-1`, { body: line })
    const { lines } = await receiving({ streams: ['order:{partition}'], partitions: [0, 1, 2, 3] })
    await expect.poll(() => lines().length).toBe(400)
    expect(lines()).toEqual(order)
  })

  it('deletes what has been delivered, if it is told to', async () => {
    await add('gone', ...numbers(20))
    await receiving({ streams: ['gone'], delete_after_ack: true })
    await expect.poll(() => client.xLen('gone')).toBe(0)
  })

  it('ends entries that can never be read, or are no longer there, and reads on', async () => {
    await client.xAdd('bad', '*', { body: 'poison', 'Weir-Encoding': 'ndjson/99' })
    const trimmed = await client.xAdd('bad', '*', { body: 'trimmed' })
    await client.xGroupCreate('bad', 'weir', '0')
    await client.xReadGroup('weir', 'me', [{ key: 'bad', id: '>' }])
    await client.xDel('bad', trimmed.toString())
    await add('bad', 'good')
    const { lines, meter } = await receiving({ streams: ['bad'], consumer: 'me' })
    await expect.poll(lines).toEqual(['good'])
    await expect.poll(() => pending('bad')).toBe(0)
    expect(meter.total('weir_receiver_redis_bad_messages')).toBe(1)
  })

  it('waits for a stream that is missing, says so once, and begins when it is there', async () => {
    const { lines, logger, running } = await receiving({ streams: ['absent'], create_stream: false })
    const warnings = () => logger.lines.filter(({ level }) => level === 'warn')
    await running(() => warnings().length).toBe(1)
    expect(warnings()[0]).toMatchObject({
      message: expect.stringContaining('the stream absent is not there'),
      fields: { code: 'WEIR_REDIS_STREAM', hint: expect.stringContaining('create_stream') },
    })
    await add('absent', 'here')
    await running(lines).toEqual(['here'])
    expect(warnings()).toHaveLength(1)
  })

  it('starts without a server, begins when it is there, and goes on after it was killed', async () => {
    await using late = await RedisServer.reserve()
    const { lines, logger, running } = await receiving({ endpoint: late.endpoint, streams: ['late'] })
    await expect
      .poll(() => logger.lines.at(-1)?.message)
      .toMatch(/trying again: cannot reach .*: nothing listens there/)
    await late.start()
    const before = await clientOf(late.endpoint)
    for (const body of numbers(20)) await before.xAdd('late', '*', { body })
    await running(() => lines().length).toBe(20)
    await late.stop()
    await late.start()
    const after = await clientOf(late.endpoint)
    onTestFinished(() => after.destroy())
    for (const body of numbers(20, 20)) await after.xAdd('late', '*', { body })
    await running(() => new Set(lines()).size).toBe(40)
    await running(async () => (await after.xPending('late', 'weir')).pending).toBe(0)
  })

  it('says that it is not let in', async () => {
    await using closed = await RedisServer.start('requirepass secret')
    const { logger } = await receiving({ endpoint: closed.endpoint, password: 'wrong' })
    await expect
      .poll(() => logger.lines.at(-1))
      .toMatchObject({
        level: 'warn',
        message: expect.stringContaining('WRONGPASS'),
        fields: { code: 'WEIR_REDIS_AUTH', hint: 'look at username and password' },
      })
  })

  describe('on channels', () => {
    it('hears what is published, by name and by pattern, and counts what finds no room', async () => {
      const output = new CollectingOutput()
      const { lines, meter } = await receiving(
        { channels: ['news', 'app.*'], max_bytes: '1KB', add_attributes: true },
        output,
      )
      await expect.poll(async () => (await client.publish('news', 'a')) > 0 && lines().length > 0).toBe(true)
      await client.publish('app.shop', 'b')
      await expect.poll(() => lines().at(-1)).toBe('b')
      expect(output.lines.at(-1)?.source).toBe('redis:app.shop')
      const before = lines().length
      output.block()
      for (let index = 0; index < 100; index++) await client.publish('news', 'x'.repeat(100))
      await expect.poll(() => meter.total('weir_receiver_redis_dropped_messages')).toBeGreaterThan(80)
      output.open()
      await expect.poll(() => lines().length - before + meter.total('weir_receiver_redis_dropped_messages')).toBe(100)
    })

    it('reads records of Weir, if it is told that they are', async () => {
      const { output } = await receiving({ channels: ['weir'], encoding: 'weir' })
      const record = '{"time":"2026-11-24T14:13:19.123456789Z","severityNumber":17,"severityText":"ERROR","body":"b"}\n'
      await expect.poll(async () => (await client.publish('weir', record)) > 0 && output.records.length > 0).toBe(true)
      expect(output.records[0]).toEqual({
        time: Date.UTC(2026, 10, 24, 14, 13, 19, 123),
        timeRemainder: 456_789,
        severityNumber: 17,
        severityText: 'ERROR',
        body: 'b',
        attributes: {},
      })
    })
  })

  it.each([
    [{ streams: ['a'], channels: ['b'] }, 'WEIR_REDIS_PLACE', ['channels']],
    [{ streams: ['a'], partitions: [0] }, 'WEIR_BROKER_PARTITIONS', ['partitions']],
    [{ streams: ['a', 'a:{partition}'] }, 'WEIR_BROKER_PARTITIONS', ['streams', 1]],
    [{ endpoint: 'redis:70000' }, 'WEIR_REDIS_ENDPOINT', ['endpoint']],
  ])('refuses a config that cannot work: %j', (config, code, configPath) => {
    const refusal = expect.objectContaining({ code, configPath, hint: expect.any(String) })
    expect(() => createComponent(redis, config)).toThrow(refusal)
  })
})
