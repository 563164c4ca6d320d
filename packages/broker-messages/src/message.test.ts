import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import { appendAlert, LogBatch } from '@weir/sdk'
import { batchOf, CollectingOutput, MemoryLogger, MemoryMeter, plainRecords, settle } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageEncoder, type MessageEncoderOptions } from './message-encoder.ts'
import { field, type IncomingMessage, type OutgoingMessage } from './message-format.ts'
import { MessageIntake } from './message-intake.ts'
import { Router } from './router.ts'

const one = new Router({ template: 'logs', key: 'subject' })

async function messagesOf(encoder: MessageEncoder, batch: LogBatch): Promise<OutgoingMessage[]> {
  const messages: OutgoingMessage[] = []
  for await (const message of encoder.unpublished(batch)) messages.push(message)
  return messages
}

const encode = (batch: LogBatch, options: Partial<MessageEncoderOptions> = {}) =>
  messagesOf(new MessageEncoder({ router: one, maxBytes: 2 ** 20, ...options }), batch)

/** An intake, and what has become of the messages that it was given. */
function intake(addAttributes = false) {
  const output = new CollectingOutput()
  const logger = new MemoryLogger()
  const meter = new MemoryMeter()
  const fates: string[] = []
  const options = { output, logger, meter, componentId: 'nats', name: 'nats', now: () => 42, addAttributes }
  const taking = new MessageIntake(options)
  const take = async (
    messages: readonly { payload: Buffer; fields?: OutgoingMessage['fields']; source?: string }[],
  ) => {
    await taking.take(
      messages.map(
        ({ payload, fields = {}, source = 'logs' }): IncomingMessage => ({
          payload,
          source,
          field: (name) => fields[name],
          done: () => void fates.push('done'),
          failed: () => void fates.push('failed'),
          refused: (reason) => void fates.push(reason),
        }),
      ),
    )
    await settle()
  }
  return { output, logger, meter, fates, take }
}

const inputs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ time: index, body: `line ${index}`, attributes: { index } }))

describe('messages', () => {
  it('bring the records that went in, however they are cut and compressed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            time: fc.integer({ min: 0, max: 2e12 }),
            severityNumber: fc.integer({ min: 0, max: 24 }),
            body: fc.string({ unit: 'binary', maxLength: 60 }),
            attributes: fc.dictionary(fc.constantFrom('a', 'b.c', '__proto__'), fc.oneof(fc.string(), fc.integer())),
          }),
          { maxLength: 20 },
        ),
        fc.constantFrom(1, 64, 500, 2 ** 20),
        fc.constantFrom(undefined, 1, 3),
        fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
        async (rows, maxBytes, maxRecords, compression) => {
          const batch = batchOf(rows)
          const { output, take, fates } = intake()
          const messages = await encode(batch, { maxBytes, maxRecords, compression })
          await take(messages)
          expect(output.records).toEqual(plainRecords(batch))
          expect(fates).toEqual(messages.map(() => 'done'))
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each(['none', 'zstd'] as const)('are of one batch, while others are made of others: %s', async (compression) => {
    const encoder = new MessageEncoder({ router: one, maxBytes: 200, compression })
    const batches = Array.from({ length: 5 }, (_, index) => batchOf(inputs(40 + index)))
    const { output, take } = intake()
    const all = await Promise.all(batches.map((batch) => messagesOf(encoder, batch)))
    for (const messages of all) await take(messages)
    expect(output.records).toEqual(batches.flatMap(plainRecords))
  })

  it('keep when and from where records were seen', async () => {
    const batch = batchOf(['a'])
    batch.observedTime = 1_764_000_000_000
    batch.source = 'file:/var/log/ä b'
    const { output, take } = intake()
    await take(await encode(batch))
    expect(output.batches[0]?.observedTime).toBe(1_764_000_000_000)
    expect(output.batches[0]?.source).toMatch(/^nats:logs:.*\/file:\/var\/log\/%C3%A4%20b$/)
  })

  it('are no longer than allowed, unless a record is', async () => {
    const batch = batchOf([...inputs(50), 'x'.repeat(3000), ...inputs(50)])
    const lengths = (await encode(batch, { maxBytes: 1000 })).map(({ payload }) => payload.length)
    expect(lengths.filter((length) => length > 1000)).toHaveLength(1)
    expect(lengths.length).toBeGreaterThan(10)
  })

  it('have the same ids when a batch is tried again, and those that are published are not made again', async () => {
    const encoder = new MessageEncoder({ router: one, maxBytes: 200 })
    const batch = batchOf(inputs(20))
    const first = await messagesOf(encoder, batch)
    const [published, ...rest] = first
    if (published === undefined) throw new Error('nothing was made')
    encoder.published(batch, published)
    expect(await messagesOf(encoder, batch)).toEqual(rest)
    for (const message of rest) encoder.refused(batch, message)
    expect(encoder.settle(batch)).toBe(rest.length)
    const again = (await messagesOf(encoder, batch)).map(({ id }) => id)
    expect(new Set([...first.map(({ id }) => id), ...again]).size).toBe(first.length * 2)
  })

  it('have ids of their own for a batch that is filled again', async () => {
    const encoder = new MessageEncoder({ router: one, maxBytes: 2 ** 20 })
    const batch = new LogBatch()
    batch.append().body = 'a'
    const [first] = await messagesOf(encoder, batch)
    batch.reset().append().body = 'a'
    const [second] = await messagesOf(encoder, batch)
    expect(first?.id).not.toBe(second?.id)
  })

  it("are one an alert, by the alert's id", async () => {
    const batch = new LogBatch({ signal: 'alerts' })
    const alert = {
      fingerprint: 'f',
      rule: 'r',
      title: 't',
      time: 1,
      startedAt: 1,
      count: 1,
      group: {},
      evidence: {},
      samples: [],
    }
    for (const id of ['a-1', 'a-2']) appendAlert(batch, { ...alert, id, state: 'firing', severity: 'warning' })
    expect((await encode(batch)).map(({ id }) => id)).toEqual(['a-1', 'a-2'])
  })
})

describe('what takes messages', () => {
  const text = (...texts: string[]) => texts.map((payload) => ({ payload: Buffer.from(payload) }))
  const lines = ({ output }: ReturnType<typeof intake>) => output.lines.map((line) => line.text)

  it('reads what is not of Weir as lines, those of many messages at once, each acknowledged', async () => {
    const taken = intake()
    await taken.take(text('one', 'two\nthree\n', '', 'four\r\n'))
    expect(lines(taken)).toEqual(['one', 'two', 'three', '', 'four'])
    expect([taken.output.calls, taken.fates]).toEqual([1, ['done', 'done', 'done', 'done']])
  })

  it('keeps the order of messages of Weir and others, and sources apart', async () => {
    const taken = intake()
    const [own] = await encode(batchOf(['record']))
    await taken.take([
      { payload: Buffer.from('a'), source: 'x' },
      { payload: Buffer.from('b'), source: 'y' },
      ...(own === undefined ? [] : [own]),
      { payload: Buffer.from('c'), source: 'y' },
    ])
    expect(taken.output.lines).toEqual([
      { text: 'a', source: 'nats:x' },
      { text: 'b', source: 'nats:y' },
      { text: 'c', source: 'nats:y' },
    ])
    expect([taken.output.calls, taken.output.records]).toEqual([4, [{ body: 'record', attributes: {} }]])
  })

  it('acknowledges nothing before it has been delivered', async () => {
    const { output, fates, take } = intake()
    output.holding = true
    await take([...(await encode(batchOf(['a']))), ...text('b')])
    expect(fates).toEqual([])
    output.settleAll()
    await settle()
    expect(fates).toEqual(['done', 'done'])
    await take(text('c'))
    output.rejectAll(new Error('stopped'))
    await settle()
    expect(fates).toEqual(['done', 'done', 'failed'])
  })

  it('goes on after messages that are not what they say', async () => {
    const taken = intake()
    const payload = Buffer.from('no JSON')
    const ndjson = { [field.encoding]: 'ndjson/1' }
    await taken.take([
      { payload, fields: ndjson },
      { payload, fields: { [field.encoding]: 'ndjson/99' } },
      { payload, fields: { ...ndjson, [field.compression]: 'gzip' } },
      { payload, fields: { [field.compression]: 'lzma' } },
      { payload: gzipSync(Buffer.alloc(80 * 2 ** 20)), fields: { [field.compression]: 'gzip' } },
      ...text('good'),
    ])
    expect(lines(taken)).toEqual(['no JSON', 'good'])
    expect(taken.fates.slice(0, 4)).toEqual([
      'its encoding "ndjson/99" is of a newer version',
      expect.stringContaining('cannot be decompressed'),
      'it cannot be decompressed: unknown compression "lzma"',
      expect.stringContaining('cannot be decompressed'),
    ])
    expect(taken.fates.slice(4)).toEqual(['done', 'done'])
    expect(taken.meter.total('weir_receiver_nats_bad_messages')).toBe(5)
    expect(taken.logger.lines).toHaveLength(1)
  })

  it('says where lines came from, if asked to', async () => {
    const given: unknown[] = []
    const { output, take } = intake(true)
    const { sendLines } = output
    output.sendLines = (sent) => {
      given.push(sent.source.attributes)
      return sendLines.call(output, sent)
    }
    await take(text('a'))
    expect(given).toEqual([{ 'messaging.destination.name': 'logs' }])
  })
})
