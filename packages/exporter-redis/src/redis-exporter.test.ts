import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Authority } from '@weir/line-listener/testing'
import { type RedisClient, RedisLink } from '@weir/redis-connection'
import { hasRedisServer, RedisServer } from '@weir/redis-connection/testing'
import { isRetryableError, type LogBatch, type WeirError } from '@weir/sdk'
import { batchOf, createComponent, exporterContract, MemoryLogger, settle, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import redis from './index.ts'

const signal = new AbortController().signal

function exporterOf(config: object) {
  const exporter = createComponent(redis, config, testServices())
  return {
    send: (batch: LogBatch, abortSignal = signal) => exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

const thrown = (promise: Promise<void>): Promise<WeirError> =>
  promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: WeirError) => error,
  )

describe.skipIf(!hasRedisServer)('the Redis exporter (needs: apt-get install redis-server)', () => {
  let server: RedisServer
  let link: RedisLink
  let client: RedisClient

  beforeAll(async () => {
    server = await RedisServer.start()
    const config = { endpoint: server.endpoint, database: 0 }
    link = new RedisLink({ config, baseDir: '.', componentId: 'test', logger: new MemoryLogger() })
    client = await link.client()
  })
  afterAll(async () => {
    await link.close()
    await server[Symbol.asyncDispose]()
  })

  const entries = async (stream: string) =>
    ((await client.xRange(stream, '-', '+')) ?? []).map(({ message }) =>
      Object.fromEntries(Object.entries(message).map(([name, value]) => [name, value.toString()])),
    )
  const bodiesOf = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body)
  const bodies = async (stream: string) => (await entries(stream)).flatMap(({ body = '' }) => bodiesOf(body))

  describe('contract', () => {
    const config = { endpoint: '', stream: 'contract' }
    beforeAll(() => {
      config.endpoint = server.endpoint
    })
    const failing = [{ name: 'nobody listens', config: { endpoint: '127.0.0.1:1' }, error: 'retryable' as const }]
    for (const { name, run } of exporterContract(redis, { config, failing })) it(name, run)
  })

  it('adds a batch as one entry of newline-delimited JSON, which says what it is', async () => {
    await using exporter = exporterOf({ endpoint: server.endpoint, stream: 'one' })
    await exporter.send(batchOf([{ body: 'a', time: 0 }, 'b']))
    expect(await entries('one')).toEqual([
      { body: '{"time":"1970-01-01T00:00:00.000Z","body":"a"}\n{"body":"b"}\n', 'Weir-Encoding': 'ndjson/1' },
    ])
  })

  it('puts records of one key in one partition, in order', async () => {
    const config = { stream: 'part:{partition}', partitions: 3, partition_by: 'attributes.key' }
    await using exporter = exporterOf({ endpoint: server.endpoint, ...config })
    const inputs = Array.from({ length: 60 }, (_, index) => ({
      body: `${index}`,
      attributes: { key: `k${index % 10}` },
    }))
    await exporter.send(batchOf(inputs))
    const partitions = await Promise.all([0, 1, 2].map((partition) => bodies(`part:${partition}`)))
    expect(partitions.flat()).toHaveLength(60)
    for (const partition of partitions) {
      const numbers = partition.map(Number)
      expect(numbers.length).toBeGreaterThan(0)
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other))
    }
  })

  it('adds nothing twice that an attempt before has brought through', async () => {
    await using exporter = exporterOf({ endpoint: server.endpoint, stream: 'twice', max_records: 2 })
    const batch = batchOf(['a', 'b', 'c', 'd', 'e'])
    const impatience = new AbortController()
    await exporter.send(batchOf(['first']))
    await server.pause()
    using _ = { [Symbol.dispose]: () => server.resume() }
    const attempt = exporter.send(batch, impatience.signal)
    await settle()
    impatience.abort(new Error('timed out'))
    await expect(attempt).rejects.toThrow('timed out')
    server.resume()
    await expect.poll(async () => (await bodies('twice')).length).toBe(6)
    await settle()
    await exporter.send(batch)
    expect(await bodies('twice')).toEqual(['first', 'a', 'b', 'c', 'd', 'e'])
  })

  it('keeps about as many entries as it is told', async () => {
    await using exporter = exporterOf({ endpoint: server.endpoint, stream: 'short', max_records: 1, max_length: 100 })
    await exporter.send(batchOf(Array.from({ length: 1000 }, (_, index) => `${index}`)))
    const left = await bodies('short')
    expect(left.length).toBeLessThan(300)
    expect(left.at(-1)).toBe('999')
  })

  it('publishes on a channel, and pushes to a list', async () => {
    const heard: string[] = []
    const listener = client.duplicate()
    await listener.connect()
    onTestFinished(() => listener.destroy())
    await listener.subscribe('channel:app', (message) => void heard.push(String(message)))
    await using publisher = exporterOf({ endpoint: server.endpoint, channel: 'channel:{attributes.app}' })
    await publisher.send(batchOf([{ body: 'a', attributes: { app: 'app' } }]))
    await expect.poll(() => heard.flatMap(bodiesOf)).toEqual(['a'])
    await using pusher = exporterOf({ endpoint: server.endpoint, list: 'list', max_records: 1 })
    await pusher.send(batchOf(['a', 'b']))
    expect((await client.lRange('list', 0, -1)).flatMap((text) => bodiesOf(text.toString()))).toEqual(['a', 'b'])
  })

  it('delivers what waits once a server that was down is there, and after a restart', async () => {
    await using late = await RedisServer.reserve()
    await using exporter = exporterOf({ endpoint: late.endpoint, stream: 'l' })
    const error = await thrown(exporter.send(batchOf(['a'])))
    expect([isRetryableError(error), error.message]).toEqual([true, expect.stringContaining('nothing listens there')])
    await late.start()
    await exporter.send(batchOf(['a']))
    await late.stop()
    expect(isRetryableError(await thrown(exporter.send(batchOf(['b']))))).toBe(true)
    await late.start()
    await exporter.send(batchOf(['c']))
  })

  it('waits when the server has no memory left, and when a key holds something else', async () => {
    await using small = await RedisServer.start('maxmemory 1mb\nmaxmemory-policy noeviction')
    await using exporter = exporterOf({ endpoint: small.endpoint, stream: 's' })
    const error = await thrown(exporter.send(batchOf(['x'.repeat(2 ** 21)])).then(() => exporter.send(batchOf(['y']))))
    expect([isRetryableError(error), error.code, error.hint]).toEqual([
      true,
      'WEIR_REDIS_MEMORY',
      expect.stringContaining('max_length'),
    ])
    await client.set('text', 'text')
    await using other = exporterOf({ endpoint: server.endpoint, stream: 'text' })
    const wrong = await thrown(other.send(batchOf(['a'])))
    expect([isRetryableError(wrong), wrong.code]).toEqual([true, 'WEIR_REDIS_TYPE'])
  })

  it('says that it is not let in, and is when its password is right', async () => {
    await using closed = await RedisServer.start('requirepass secret')
    await using nobody = exporterOf({ endpoint: closed.endpoint })
    const none = await thrown(nobody.send(batchOf(['a'])))
    expect([isRetryableError(none), none.code, none.hint]).toEqual([true, 'WEIR_REDIS_AUTH', 'set password'])
    await using wrong = exporterOf({ endpoint: closed.endpoint, password: 'wrong' })
    const error = await thrown(wrong.send(batchOf(['a'])))
    expect([isRetryableError(error), error.code]).toEqual([true, 'WEIR_REDIS_AUTH'])
    await using right = exporterOf({ endpoint: closed.endpoint, password: 'secret' })
    await right.send(batchOf(['a']))
  })

  it('trusts the authority of ca_file, and says what is wrong with a certificate that it does not trust', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-redis-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const authority = new Authority(join(folder, 'authority'))
    const { cert, key } = authority.issue('localhost')
    const files = `tls-cert-file ${cert}\ntls-key-file ${key}\ntls-ca-cert-file ${authority.certificate}`
    await using secure = await RedisServer.start(files)
    const endpoint = `localhost:${secure.port}`
    await using trusting = exporterOf({ endpoint, tls: { ca_file: authority.certificate } })
    await trusting.send(batchOf(['a']))
    await using careless = exporterOf({ endpoint, tls: { insecure_skip_verify: true } })
    await careless.send(batchOf(['b']))
    await using doubting = exporterOf({ endpoint, tls: {} })
    const error = await thrown(doubting.send(batchOf(['c'])))
    expect([isRetryableError(error), error.code, error.hint]).toEqual([
      true,
      'WEIR_REDIS_TLS',
      expect.stringContaining('tls.ca_file'),
    ])
    await using lost = exporterOf({ endpoint, tls: { ca_file: 'none.pem' } })
    const lack = await thrown(lost.send(batchOf(['d'])))
    expect(lack.message).toMatch(/tls.ca_file cannot be read: .*none\.pem/)
    expect(isRetryableError(lack)).toBe(true)
  })

  it.each([
    [{ stream: 'a', channel: 'b' }, 'WEIR_REDIS_PLACE', ['channel']],
    [{ channel: 'a', compression: 'gzip' }, 'WEIR_REDIS_COMPRESSION', ['compression']],
    [{ stream: 'a:{partition}' }, 'WEIR_BROKER_PARTITIONS', ['stream']],
    [{ list: 'a', partition_by: 'body' }, 'WEIR_BROKER_PARTITIONS', ['partition_by']],
    [{ list: 'a:{' }, 'WEIR_TEMPLATE_INVALID', ['list']],
    [{ endpoint: 'redis:port' }, 'WEIR_REDIS_ENDPOINT', ['endpoint']],
  ])('refuses a config that cannot work: %j', (config, code, configPath) => {
    expect(() => exporterOf(config)).toThrow(expect.objectContaining({ code, configPath, hint: expect.any(String) }))
  })
})
