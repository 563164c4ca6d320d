import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { MessageEncoder, Router } from '@weir/broker-messages'
import { hasNatsServer, NatsServer } from '@weir/nats-connection/testing'
import { attributeMap } from '@weir/sdk'
import {
  batchOf,
  CollectingOutput,
  createComponent,
  MemoryState,
  plainRecords,
  receiverContract,
  testServices,
} from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import nats from './index.ts'

describe.skipIf(!hasNatsServer)('the NATS receiver (needs: apt-get install nats-server)', () => {
  let server: NatsServer
  let manager: JetStreamManager

  beforeAll(async () => {
    server = await NatsServer.start()
    manager = await jetstreamManager(await connect({ servers: server.url }))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const addStream = (name: string) => manager.streams.add({ name, subjects: [`${name}.>`] })
  const publish = async (subject: string, ...payloads: string[]) => {
    for (const payload of payloads) await manager.jetstream().publish(subject, payload)
  }
  const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`)

  /** A receiver that is started, which stops when the test is over. */
  async function receiving(config: object, output = new CollectingOutput(), state = new MemoryState()) {
    const services = testServices({ state })
    const receiver = createComponent(
      nats,
      { urls: [server.url], ack_wait: '1s', nak_delay: '10ms', ...config },
      services,
    )
    await receiver.start(output)
    let isStopped = false
    const stop = async () => {
      if (isStopped) return
      isStopped = true
      await receiver.stop()
      output.settleAll()
      await receiver.close?.()
    }
    onTestFinished(stop)
    return { ...services, receiver, output, stop, lines: () => output.lines.map(({ text }) => text) }
  }

  /** Messages that the consumer has given out and nobody has acknowledged, and those that it has still to give out. */
  async function pending(stream: string, durable = 'weir') {
    const { num_ack_pending: unacknowledged, num_pending: waiting } = await manager.consumers.info(stream, durable)
    return { unacknowledged, waiting }
  }

  describe('contract', () => {
    const config = { urls: [''], stream: 'CONTRACT', subject: 'contract', create_stream: true }
    beforeAll(() => {
      config.urls = [server.url]
    })
    let count = 0
    const produce = async () => {
      await manager.streams
        .info('CONTRACT')
        .catch(() => manager.streams.add({ name: 'CONTRACT', subjects: ['contract'] }))
      const { seq } = await manager.jetstream().publish('contract', `${count++}`)
      // Until it has been given out, if there is anyone to give it to.
      const deadline = Date.now() + 300
      while (Date.now() < deadline) {
        const info = await manager.consumers.info('CONTRACT', 'weir').catch(() => undefined)
        if (info !== undefined && info.delivered.stream_seq >= seq) break
      }
    }
    for (const { name, run } of receiverContract(nats, { config, produce })) it(name, run)
  })

  it('reads messages of any producer as lines, in order, and acknowledges them', async () => {
    await addStream('LINES')
    await publish('LINES.a', ...numbers(50), 'two\nlines\n')
    const { lines, output } = await receiving({ stream: 'LINES' })
    await expect.poll(lines).toEqual([...numbers(50), 'two', 'lines'])
    expect(new Set(output.lines.map(({ source }) => source))).toEqual(new Set(['nats:LINES.a']))
    await expect.poll(() => pending('LINES')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it.each(['none', 'gzip', 'zstd'] as const)('brings records of Weir as they were: %s', async (compression) => {
    await addStream(`RECORDS-${compression}`)
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
    const router = new Router({ template: `RECORDS-${compression}.a`, key: 'place' })
    const encoder = new MessageEncoder({ router, maxBytes: 200, compression })
    for await (const { destination, payload, fields } of encoder.unpublished(batch)) {
      const header = headers()
      for (const [name, value] of Object.entries(fields)) header.set(name, value)
      await manager.jetstream().publish(destination, payload, { headers: header })
    }
    const { output } = await receiving({ stream: `RECORDS-${compression}` })
    await expect.poll(() => output.records).toEqual(plainRecords(batch))
    expect(output.batches[0]?.resource).toEqual(batch.resource)
  })

  it('acknowledges nothing before it has been delivered, and keeps a message while its delivery takes long', async () => {
    await addStream('SLOW')
    const output = new CollectingOutput()
    output.holding = true
    const { lines, clock } = await receiving({ stream: 'SLOW' }, output)
    await publish('SLOW.a', 'one')
    await expect.poll(lines).toEqual(['one'])
    // Three times the ack_wait, in which the receiver says that it is at work.
    for (let turn = 0; turn < 30; turn++) {
      await clock.advance(400)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(await pending('SLOW')).toEqual({ unacknowledged: 1, waiting: 0 })
    expect(lines()).toEqual(['one'])
    output.settleAll()
    await expect.poll(() => pending('SLOW')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it('acknowledges what was delivered when what remembers it is stored, and asks for that before it holds things up', async () => {
    await addStream('STORED')
    const output = new CollectingOutput()
    output.holding = 'stored'
    const { lines } = await receiving({ stream: 'STORED', max_ack_pending: 20 }, output)
    await publish('STORED.a', ...numbers(30))
    await expect.poll(() => lines().length).toBe(20)
    expect(output.storesAsked).toBeGreaterThan(0)
    expect(await pending('STORED')).toEqual({ unacknowledged: 20, waiting: 10 })
    output.settleAll()
    await expect.poll(() => lines().length).toBe(30)
    output.settleAll()
    await expect.poll(() => pending('STORED')).toEqual({ unacknowledged: 0, waiting: 0 })
    expect(lines()).toEqual(numbers(30))
  })

  it('goes on behind what the checkpoint covers, in order, and acknowledges that', async () => {
    await addStream('CRASH')
    // It waits for the ack_wait by its own clock, which takes fifty looks: longer than what was given back stays away.
    const config = { stream: 'CRASH', ack_wait: '10s', nak_delay: '500ms' }
    const output = new CollectingOutput()
    output.holding = 'stored'
    const first = await receiving(config, output)
    await publish('CRASH.a', ...numbers(20))
    await expect.poll(() => first.lines().length).toBe(20)
    const state = new MemoryState()
    state.setAll(first.receiver.checkpoint?.() ?? {})
    await publish('CRASH.a', ...numbers(20, 20))
    await expect.poll(() => first.lines().length).toBe(40)
    await first.receiver.stop()
    output.rejectAll(new Error('it ends here'))
    await first.stop()
    await publish('CRASH.a', ...numbers(20, 40))
    const second = await receiving(config, new CollectingOutput(), state)
    await expect
      .poll(async () => {
        await second.clock.advance(200)
        return second.lines()
      })
      .toEqual(numbers(40, 20))
    await expect.poll(() => pending('CRASH')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it('brings again what was not delivered', async () => {
    await addStream('AGAIN')
    const output = new CollectingOutput()
    output.holding = true
    const { lines } = await receiving({ stream: 'AGAIN' }, output)
    await publish('AGAIN.a', 'one')
    await expect.poll(lines).toEqual(['one'])
    output.holding = false
    output.rejectAll(new Error('the pipeline failed'))
    await expect.poll(lines).toEqual(['one', 'one'])
    await expect.poll(() => pending('AGAIN')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it('asks for no more than there is room for, while the pipeline is held back', async () => {
    await addStream('ROOM')
    const payload = 'x'.repeat(10_000)
    await publish('ROOM.a', ...Array.from({ length: 200 }, () => payload))
    const output = new CollectingOutput()
    output.block()
    const { lines } = await receiving({ stream: 'ROOM', max_bytes: '200KB' }, output)
    await expect.poll(async () => (await pending('ROOM').catch(() => undefined))?.unacknowledged).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await pending('ROOM')).unacknowledged).toBeLessThan(50)
    output.open()
    await expect.poll(() => lines().length).toBe(200)
    await expect.poll(() => pending('ROOM')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it('shares a durable consumer with others: each message comes to one of them', async () => {
    await addStream('SHARED')
    // Neither gets far before both have something.
    const config = { stream: 'SHARED', ack_wait: '1h', max_messages: 5, max_bytes: '1KB' }
    const outputs = [new CollectingOutput(), new CollectingOutput()]
    for (const output of outputs) {
      output.block()
      await receiving(config, output)
    }
    // One that finds messages given out and nobody asking takes itself for the only one, and waits for them.
    const asking = async () => (await manager.consumers.info('SHARED', 'weir')).num_waiting
    await expect.poll(asking).toBe(2)
    await publish('SHARED.a', ...numbers(300))
    await expect.poll(() => outputs.map(({ waiting }) => waiting)).toEqual([1, 1])
    for (const output of outputs) output.open()
    const lines = () => outputs.flatMap((output) => output.lines.map(({ text }) => text))
    await expect.poll(() => lines().length).toBe(300)
    expect(new Set(lines()).size).toBe(300)
  })

  it('gives back what it has not passed on when it stops', async () => {
    await addStream('BACK')
    await publish('BACK.a', ...numbers(20))
    const output = new CollectingOutput()
    output.block()
    const first = await receiving({ stream: 'BACK', ack_wait: '1h', nak_delay: '2s' }, output)
    await expect.poll(() => output.waiting).toBe(1)
    const stopping = first.stop()
    output.holding = true
    output.open()
    await stopping
    const second = await receiving({ stream: 'BACK', ack_wait: '1h' }, new CollectingOutput(), first.state)
    await expect.poll(() => [...new Set([...second.lines(), ...first.lines()])].sort()).toEqual(numbers(20).sort())
  })

  it('consumes partitions by a consumer each', async () => {
    await addStream('PART')
    const config = { stream: 'PART', subject: 'PART.{partition}' }
    const one = await receiving({ ...config, partitions: [0, 2] })
    const other = await receiving({ ...config, partitions: [1] })
    for (const partition of [0, 1, 2]) await publish(`PART.${partition}`, `of ${partition}`)
    await expect.poll(() => one.lines().sort()).toEqual(['of 0', 'of 2'])
    await expect.poll(() => other.lines()).toEqual(['of 1'])
    expect(await pending('PART', 'weir-1')).toEqual({ unacknowledged: 0, waiting: 0 })
  })

  it('brings what waits in several partitions in the order of the stream', async () => {
    await addStream('ORDER')
    // Runs of several lengths, so that the partitions are unlike each other.
    const order = Array.from({ length: 400 }, (_, index) => `${Math.floor(index / (1 + (index % 90))) % 3} ${index}`)
    for (const line of order) await publish(`ORDER.${line[0]}`, line)
    const { lines } = await receiving({ stream: 'ORDER', subject: 'ORDER.{partition}', partitions: [0, 1, 2, 3] })
    await expect.poll(() => lines().length).toBe(400)
    expect(lines()).toEqual(order)
  })

  it('ends messages that can never be read, and reads on', async () => {
    await addStream('BAD')
    const bad = headers()
    bad.set('Weir-Encoding', 'ndjson/99')
    await manager.jetstream().publish('BAD.a', 'poison', { headers: bad })
    await publish('BAD.a', 'good')
    const { lines, meter, logger } = await receiving({ stream: 'BAD' })
    await expect.poll(lines).toEqual(['good'])
    await expect.poll(() => pending('BAD')).toEqual({ unacknowledged: 0, waiting: 0 })
    expect(meter.total('weir_receiver_nats_bad_messages')).toBe(1)
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('waits for a stream that is missing, says so once, and begins when it is there', async () => {
    const { lines, logger, clock } = await receiving({ stream: 'ABSENT' })
    const warnings = () => logger.lines.filter(({ level }) => level === 'warn')
    await expect.poll(() => warnings().length).toBe(1)
    expect(warnings()[0]).toMatchObject({
      message: expect.stringContaining('the stream is not there'),
      fields: { code: 'WEIR_NATS_STREAM', hint: expect.stringContaining('create_stream'), stream: 'ABSENT' },
    })
    await clock.advance(500)
    await addStream('ABSENT')
    await publish('ABSENT.a', 'here')
    await expect
      .poll(async () => {
        await clock.advance(10_000)
        return lines()
      })
      .toEqual(['here'])
    expect(warnings()).toHaveLength(1)
  })

  it('creates a stream that is missing, if it may', async () => {
    await receiving({ stream: 'MADE', subject: 'made.{partition}', partitions: [0, 1], create_stream: true })
    await expect
      .poll(() =>
        manager.streams.info('MADE').then(
          ({ config }) => config.subjects,
          () => [],
        ),
      )
      .toEqual(['made.*'])
  })

  it('starts without a server, begins when it is there, and goes on after it was killed', async () => {
    await using late = await NatsServer.reserve()
    const { lines, logger, clock } = await receiving({
      urls: [late.url],
      stream: 'LATE',
      subject: 'late',
      create_stream: true,
    })
    await expect
      .poll(() => logger.lines.at(-1)?.message)
      .toMatch(/trying again: cannot reach .*: nothing listens there/)
    await late.start()
    await expect
      .poll(async () => {
        await clock.advance(10_000)
        return logger.lines.map(({ message }) => message)
      })
      .toContain('the stream was created')
    const connection = await connect({ servers: late.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
    onTestFinished(() => connection.close())
    const other = await jetstreamManager(connection, { checkAPI: false })
    const send = async (from: number) => {
      for (const payload of numbers(20, from)) await other.jetstream().publish('late', payload, { retries: 100 })
    }
    await send(0)
    await expect.poll(() => lines().length).toBe(20)
    await late.stop()
    await late.start()
    await send(20)
    await expect
      .poll(async () => {
        await clock.advance(10_000)
        return new Set(lines()).size
      })
      .toBe(40)
  })

  it('says that it is not let in', async () => {
    await using closed = await NatsServer.start('authorization { user: weir, password: secret }')
    const { logger } = await receiving({ urls: [closed.url], stream: 'S', auth: { user: 'weir', password: 'wrong' } })
    await expect
      .poll(() => logger.lines.at(-1))
      .toMatchObject({
        level: 'warn',
        message: expect.stringContaining('does not let us in'),
        fields: { code: 'WEIR_NATS_AUTH', hint: 'look at auth' },
      })
    expect(JSON.stringify(logger.lines)).not.toContain('wrong')
  })

  it.each([
    [{ stream: 'S', partitions: [0] }, 'WEIR_BROKER_PARTITIONS', ['partitions']],
    [{ stream: 'S', subject: 'a.{partition}' }, 'WEIR_BROKER_PARTITIONS', ['subject']],
    [{ stream: 'S', urls: ['nats://me:secret@localhost'] }, 'WEIR_NATS_URL', ['urls', 0]],
  ])('refuses a config that cannot work: %j', (config, code, configPath) => {
    expect(() => createComponent(nats, config)).toThrow(expect.objectContaining({ code, configPath }))
  })
})
