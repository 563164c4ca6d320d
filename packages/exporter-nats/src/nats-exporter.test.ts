import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { AckPolicy, type JetStreamManager, jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Authority } from '@weir/line-listener/testing'
import { hasNatsServer, NatsServer } from '@weir/nats-connection/testing'
import { isPermanentError, isRetryableError, type LogBatch, type WeirError } from '@weir/sdk'
import { batchOf, createComponent, exporterContract, settle, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import nats from './index.ts'

const signal = new AbortController().signal

function exporterOf(config: object) {
  const services = testServices()
  const exporter = createComponent(nats, config, services)
  return {
    services,
    start: () => exporter.start?.(),
    send: (batch: LogBatch, abortSignal = signal) => exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

async function thrown(promise: Promise<void>): Promise<WeirError> {
  return promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: WeirError) => error,
  )
}

describe.skipIf(!hasNatsServer)('the NATS exporter (needs: apt-get install nats-server)', () => {
  let server: NatsServer
  let manager: JetStreamManager
  const base = () => ({ urls: [server.url], create_stream: true })

  beforeAll(async () => {
    server = await NatsServer.start()
    manager = await jetstreamManager(await connect({ servers: server.url }))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function stored(stream: string): Promise<StoredMsg[]> {
    const { state } = await manager.streams.info(stream)
    const messages: StoredMsg[] = []
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage(stream, { seq })
      if (message !== null) messages.push(message)
    }
    return messages
  }

  const bodies = (messages: readonly StoredMsg[]) =>
    messages.flatMap((message) =>
      message
        .string()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).body),
    )

  describe('contract', () => {
    const config = { urls: [''], stream: 'CONTRACT', create_stream: true, subject: 'contract' }
    beforeAll(() => {
      config.urls = [server.url]
    })
    const failing = [{ name: 'nobody listens', config: { urls: ['nats://127.0.0.1:1'] }, error: 'retryable' as const }]
    for (const { name, run } of exporterContract(nats, { config, failing })) it(name, run)
  })

  it('stores a batch as one message of newline-delimited JSON, in a stream that it creates', async () => {
    await using exporter = exporterOf({ ...base(), stream: 'ONE', subject: 'one' })
    await exporter.send(batchOf([{ body: 'a', severityNumber: 9, time: 0, attributes: { 'url.path': '/' } }, 'b']))
    const [message, ...others] = await stored('ONE')
    expect(others).toEqual([])
    expect(message?.string().split('\n')).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","severityNumber":9,"severityText":"INFO","body":"a","attributes":{"url.path":"/"}}',
      '{"body":"b"}',
      '',
    ])
    expect(message?.header?.get('Weir-Encoding')).toBe('ndjson/1')
  })

  it('puts records of one key in one partition, in order, and fields in the subject, made fit for it', async () => {
    await using exporter = exporterOf({
      ...base(),
      stream: 'PARTS',
      subject: 'parts.{attributes.app}.{partition}',
      partitions: 3,
      partition_by: 'attributes.key',
    })
    const inputs = Array.from({ length: 60 }, (_, index) => ({
      body: `${index}`,
      attributes: { key: `k${index % 10}`, app: 'a b.*>' },
    }))
    await exporter.send(batchOf(inputs))
    const messages = await stored('PARTS')
    expect(messages.map(({ subject }) => subject).sort()).toEqual([
      'parts.a_b___.0',
      'parts.a_b___.1',
      'parts.a_b___.2',
    ])
    for (const message of messages) {
      const numbers = bodies([message]).map(Number)
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other))
    }
    expect(bodies(messages)).toHaveLength(60)
    await exporter.send(batchOf([{ attributes: { key: 'k0' } }]))
    expect((await stored('PARTS')).at(-1)?.subject).toMatch(/^parts\._\.\d$/)
  })

  it('says which partitions nobody consumes, and that all are consumed then', async () => {
    await using exporter = exporterOf({
      ...base(),
      stream: 'LONELY',
      subject: 'lonely.{partition}.{attributes.app}',
      partitions: 3,
      partition_by: 'attributes.key',
    })
    await exporter.start()
    await exporter.send(batchOf(Array.from({ length: 30 }, (_, key) => ({ body: 'b', attributes: { key, app: 'a' } }))))
    const consumes = (name: string, filter: string) =>
      manager.consumers.add('LONELY', { durable_name: name, filter_subject: filter, ack_policy: AckPolicy.Explicit })
    const pulls = async (name: string) => {
      const consumer = await manager.jetstream().consumers.get('LONELY', name)
      const messages = await consumer.consume()
      onTestFinished(() => void messages.stop())
      void (async () => {
        for await (const message of messages) message.ack()
      })()
    }
    const { clock, logger } = exporter.services
    /** What was said last, after looks that are made until it is as expected: what the server tells is a moment old. */
    const said = (expected: object) =>
      expect
        .poll(async () => {
          await clock.advance(60_000)
          return logger.lines.filter(({ message }) => message.includes('partition')).at(-1)?.fields
        })
        .toEqual({ stream: 'LONELY', ...expected })
    await consumes('w-0', 'lonely.0.*')
    await pulls('w-0')
    await consumes('gone-1', 'lonely.1.*')
    await said({ partitions: [1, 2] })
    await pulls('gone-1')
    await consumes('all', 'lonely.>')
    await pulls('all')
    await said({})
  })

  it('keeps the order of batches in each partition, while several are under way', async () => {
    await using exporter = exporterOf({
      ...base(),
      stream: 'ORDER',
      subject: 'order.{partition}',
      partitions: 3,
      partition_by: 'attributes.key',
      max_message_size: '1KB',
      compression: 'zstd',
    })
    // Each batch begins with another key, and so with another partition.
    const batches = Array.from({ length: 20 }, (_, number) =>
      batchOf(
        Array.from({ length: 50 }, (_, index) => ({
          body: `${number * 50 + index}`,
          attributes: { key: `k${(number + index) % 10}` },
        })),
      ),
    )
    await Promise.all(batches.map((batch) => exporter.send(batch)))
    const messages = await stored('ORDER')
    for (const partition of Map.groupBy(messages, ({ subject }) => subject).values()) {
      const numbers = partition.flatMap(({ data }) =>
        zstdDecompressSync(data)
          .toString()
          .trim()
          .split('\n')
          .map((line) => Number(JSON.parse(line).body)),
      )
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other))
    }
  })

  it('stores nothing twice when an attempt is repeated whose acknowledgement was lost', async () => {
    await using exporter = exporterOf({ ...base(), stream: 'TWICE', subject: 'twice', max_records: 2 })
    await exporter.send(batchOf(['first']))
    const batch = batchOf(['a', 'b', 'c', 'd', 'e'])
    const impatience = new AbortController()
    await server.pause()
    using _ = { [Symbol.dispose]: () => server.resume() }
    const attempt = exporter.send(batch, impatience.signal)
    await settle()
    impatience.abort(new Error('timed out'))
    await expect(attempt).rejects.toThrow('timed out')
    server.resume()
    await expect.poll(async () => bodies(await stored('TWICE')).length).toBe(6)
    await exporter.send(batch)
    expect(bodies(await stored('TWICE'))).toEqual(['first', 'a', 'b', 'c', 'd', 'e'])
  })

  it('says which stream is missing, and finds it when it is there', async () => {
    await using exporter = exporterOf({ urls: [server.url], stream: 'LATER', subject: 'later' })
    const error = await thrown(exporter.send(batchOf(['a'])))
    expect([isRetryableError(error), error.code, error.hint]).toEqual([
      true,
      'WEIR_NATS_STREAM',
      expect.stringContaining('create_stream'),
    ])
    await manager.streams.add({ name: 'LATER', subjects: ['later'] })
    await exporter.send(batchOf(['a']))
    expect(bodies(await stored('LATER'))).toEqual(['a'])
  })

  it('says that no stream takes a subject', async () => {
    await using exporter = exporterOf({ urls: [server.url], subject: 'nobody.takes.this' })
    const error = await thrown(exporter.send(batchOf(['a'])))
    expect([isRetryableError(error), error.code]).toEqual([true, 'WEIR_NATS_STREAM'])
  })

  it('waits when a stream is full, and never drops what it has stored', async () => {
    const full = { max_bytes: 1000, discard: 'new' }
    await using exporter = exporterOf({ ...base(), stream: 'FULL', subject: 'full', stream_options: full })
    await exporter.send(batchOf(['x'.repeat(500)]))
    const error = await thrown(exporter.send(batchOf(['y'.repeat(500)])))
    expect([isRetryableError(error), error.message]).toEqual([true, expect.stringContaining('maximum bytes exceeded')])
    expect(bodies(await stored('FULL'))).toEqual(['x'.repeat(500)])
  })

  it('gives up a record that is larger than the server allows, and delivers the others', async () => {
    await using exporter = exporterOf({ ...base(), stream: 'LARGE', subject: 'large', max_message_size: '100KiB' })
    const error = await thrown(exporter.send(batchOf(['small', 'x'.repeat(2 ** 20), 'other'])))
    expect([isPermanentError(error), error.code, Reflect.get(error, 'records')]).toEqual([
      true,
      'WEIR_NATS_TOO_LARGE',
      1,
    ])
    expect(bodies(await stored('LARGE')).sort()).toEqual(['other', 'small'])
  })

  it('compresses', async () => {
    await using exporter = exporterOf({ ...base(), stream: 'SMALL', subject: 'small', compression: 'zstd' })
    await exporter.send(batchOf(Array.from({ length: 500 }, () => 'the same line again and again')))
    const [message] = await stored('SMALL')
    expect(message?.header?.get('Content-Encoding')).toBe('zstd')
    expect(message?.data.length).toBeLessThan(2000)
  })

  it('delivers what waits once a server that was down is there, and after a restart', async () => {
    await using late = await NatsServer.reserve()
    await using exporter = exporterOf({
      urls: [late.url],
      stream: 'L',
      create_stream: true,
      subject: 'l',
      publish_timeout: '1s',
    })
    const error = await thrown(exporter.send(batchOf(['a'])))
    expect([isRetryableError(error), error.message]).toEqual([true, expect.stringContaining('nothing listens there')])
    await late.start()
    await exporter.send(batchOf(['a']))
    await late.stop()
    expect(isRetryableError(await thrown(exporter.send(batchOf(['b']))))).toBe(true)
    await late.start()
    await expect
      .poll(() =>
        exporter.send(batchOf(['c'])).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
  })

  it('keeps no connection open on which the server has said nothing in time', async () => {
    const open = new Set<Socket>()
    let connections = 0
    const silent = createServer((socket) => {
      connections++
      open.add(socket)
      socket.on('close', () => open.delete(socket)).on('error', () => {})
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await using exporter = exporterOf({ urls: [`nats://127.0.0.1:${port}`], connect_timeout: '100ms' })
    expect(isRetryableError(await thrown(exporter.send(batchOf(['a']))))).toBe(true)
    await expect.poll(() => connections).toBe(1)
    await expect.poll(() => open.size).toBe(0)
  })

  it('trusts the authority of ca_file, and says what is wrong with a certificate that it does not trust', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-nats-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const authority = new Authority(join(folder, 'authority'))
    const { cert, key } = authority.issue('localhost')
    await using secure = await NatsServer.start(`tls { cert_file: "${cert}", key_file: "${key}" }`)
    const config = { urls: [`tls://localhost:${secure.port}`], stream: 'T', create_stream: true, subject: 't' }
    await using trusting = exporterOf({ ...config, tls: { ca_file: authority.certificate } })
    await trusting.send(batchOf(['a']))
    await using careless = exporterOf({ ...config, tls: { insecure_skip_verify: true } })
    await careless.send(batchOf(['b']))
    await using doubting = exporterOf(config)
    const error = await thrown(doubting.send(batchOf(['c'])))
    expect([isRetryableError(error), error.code, error.hint]).toEqual([
      true,
      'WEIR_NATS_TLS',
      expect.stringContaining('tls.ca_file'),
    ])
  })

  it.each([
    ['tls.ca_file', { tls: { ca_file: 'none.file' } }],
    ['auth.nkey_file', { auth: { nkey_file: 'none.file' } }],
    ['auth.credentials_file', { auth: { credentials_file: 'none.file' } }],
  ])('names the %s that it cannot read, and gives nothing up for that', async (key, config) => {
    await using exporter = exporterOf({ urls: [server.url], ...config })
    const error = await thrown(exporter.send(batchOf(['a'])))
    expect(error.message).toMatch(new RegExp(`${key} cannot be read: .*none\\.file`))
    expect(isRetryableError(error)).toBe(true)
  })

  it('says that it is not let in, and is when its password is right', async () => {
    await using closed = await NatsServer.start('authorization { user: weir, password: secret }')
    const config = { urls: [closed.url], stream: 'A', create_stream: true, subject: 'a' }
    await using wrong = exporterOf({ ...config, auth: { user: 'weir', password: 'wrong' } })
    const error = await thrown(wrong.send(batchOf(['a'])))
    expect([isRetryableError(error), error.code, error.hint]).toEqual([true, 'WEIR_NATS_AUTH', 'look at auth'])
    await using right = exporterOf({ ...config, auth: { user: 'weir', password: 'secret' } })
    await right.send(batchOf(['a']))
  })

  it.each([
    [{ urls: ['nats://a', 'nats://me:secret@localhost'] }, 'WEIR_NATS_URL', ['urls', 1]],
    [{ create_stream: true }, 'WEIR_NATS_STREAM', ['create_stream']],
    [{ partitions: 3, partition_by: 'body' }, 'WEIR_BROKER_PARTITIONS', ['partitions']],
    [{ subject: 'a.{' }, 'WEIR_TEMPLATE_INVALID', ['subject']],
  ])('refuses a config that cannot work: %j', (config, code, configPath) => {
    expect(() => exporterOf(config)).toThrow(expect.objectContaining({ code, configPath, hint: expect.any(String) }))
  })
})
