import { type Handler, HttpServer } from '@weir/http-client/testing'
import { isPermanentError, isRetryableError, LogBatch } from '@weir/sdk'
import { alertsOf, batchOf, createComponent, exporterContract, TestClock, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import loki from './index.ts'

const now = Date.UTC(2026, 10, 24, 14, 13, 19, 500)
const taken: Handler = (_, response) => void response.writeHead(204).end()

function exporterOf(config: object) {
  const clock = new TestClock(now)
  const exporter = createComponent(loki, config, testServices({ clock }))
  return {
    clock,
    send: (batch: LogBatch, abortSignal = new AbortController().signal) => exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

type Value = [time: string, line: string, metadata?: { [name: string]: string }]
interface Stream {
  stream: { [label: string]: string }
  values: Value[]
}
const pushed = (server: HttpServer): Stream[][] => server.requests.map(({ body }) => JSON.parse(body).streams)
const rejected = async (promise: Promise<void>) => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  return { error, isRetryable: isRetryableError(error), isPermanent: isPermanentError(error) }
}

describe('contract', () => {
  let server: HttpServer
  const config = { endpoint: '' }
  beforeAll(async () => {
    server = await HttpServer.start(taken)
    config.endpoint = server.url('')
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const failing = [{ name: 'nobody listens', config: { endpoint: 'http://127.0.0.1:1' }, error: 'retryable' as const }]
  for (const { name, run } of exporterContract(loki, { config, failing })) it(name, run)
})

it('pushes lines with labels that the config chooses, and all else as structured metadata', async () => {
  await using server = await HttpServer.start(taken)
  await using exporter = exporterOf({
    endpoint: server.url('/prefix/'),
    tenant_id: 'team-a',
    labels: { service_name: '{resource.service.name}', env: 'prod', path: '{attributes.url.path}' },
  })
  const batch = new LogBatch({ resource: { 'service.name': 'shop' }, attributes: { 'log.file.path': '/x', own: 'no' } })
  const first = batch.append()
  first.time = now
  first.timeRemainder = 123
  first.severityNumber = 17
  first.body = 'payment "failed"\n東'
  first.traceId = '0af7651916cd43dd8448eb211c80319c'
  first.attributes.set('url.path', '/pay').set('url_path', 1).set('own', 'yes')
  batch.append().body = { a: [1] }
  await exporter.send(batch)
  expect(server.requests).toMatchObject([
    { path: '/prefix/loki/api/v1/push', headers: { 'x-scope-orgid': 'team-a', 'content-type': 'application/json' } },
  ])
  expect(pushed(server)).toEqual([
    [
      {
        stream: { service_name: 'shop', env: 'prod', path: '/pay' },
        values: [
          [
            `${now}000123`,
            'payment "failed"\n東',
            {
              level: 'error',
              trace_id: '0af7651916cd43dd8448eb211c80319c',
              url_path: '/pay',
              url_path_2: '1',
              own: 'yes',
              log_file_path: '/x',
              service_name: 'shop',
            },
          ],
        ],
      },
      {
        stream: { service_name: 'shop', env: 'prod' },
        values: [[`${now}000000`, '{"a":[1]}', { own: 'no', log_file_path: '/x', service_name: 'shop' }]],
      },
    ],
  ])
})

it('gives a stream a label, whatever the records lack', async () => {
  await using server = await HttpServer.start(taken)
  await using exporter = exporterOf({
    endpoint: server.url('/x/push'),
    structured_metadata: false,
    line: '{line}{body}',
  })
  await exporter.send(batchOf([{ time: 1, body: 'a' }, { time: 1.5 }]))
  expect(server.requests[0]?.path).toBe('/x/push')
  expect(pushed(server)).toEqual([
    [
      {
        stream: { service_name: 'unknown_service' },
        values: [
          ['1000000', 'a'],
          ['1000000', ''],
        ],
      },
    ],
  ])
})

it('puts the entries of a stream in the order of time, and keeps those of one time as they came', async () => {
  await using server = await HttpServer.start(taken)
  await using exporter = exporterOf({ endpoint: server.url(''), labels: { l: '{attributes.l}' } })
  const time = fc.constantFrom(1, 2, 3, 1e12, 1e12 + 1)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(time, fc.constantFrom('a', 'b')), { maxLength: 30 }), async (records) => {
      server.requests.length = 0
      await exporter.send(batchOf(records.map(([at, l], index) => ({ time: at, body: `${index}`, attributes: { l } }))))
      for (const { stream, values } of pushed(server).flat()) {
        const expected = records
          .map(([at, l], index) => ({ at, l, index }))
          .filter(({ l }) => l === stream.l)
          .sort((one, other) => one.at - other.at || one.index - other.index)
        expect(values.map(([, line]) => line)).toEqual(expected.map(({ index }) => `${index}`))
        expect(values.map(([ns]) => ns)).toEqual(expected.map(({ at }) => `${at}000000`))
      }
    }),
    { numRuns: 50 },
  )
})

it('says of lines what the records say, in as many requests as it takes', async () => {
  await using server = await HttpServer.start(taken)
  await using exporter = exporterOf({
    endpoint: server.url(''),
    max_request_size: 300,
    labels: { l: '{attributes.l}' },
  })
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ body: text, l: text }), { maxLength: 20 }), async (records) => {
      server.requests.length = 0
      await exporter.send(batchOf(records.map(({ body, l }, time) => ({ time, body, attributes: { l } }))))
      const lines = pushed(server)
        .flat()
        .flatMap(({ values }) => values)
        .sort(([one], [other]) => Number(one) - Number(other))
      expect(lines.map(([, line]) => line)).toEqual(records.map(({ body }) => body.toWellFormed()))
      for (const { body } of server.requests) {
        const entries = JSON.parse(body).streams.flatMap(({ values }: Stream) => values)
        expect(body.length < 600 || entries.length === 1).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

it('pushes alerts as lines, too', async () => {
  await using server = await HttpServer.start(taken)
  await using exporter = exporterOf({ endpoint: server.url(''), labels: { rule: '{attributes.alert.rule}' } })
  await exporter.send(alertsOf({}))
  expect(pushed(server)[0]).toMatchObject([
    {
      stream: { rule: 'error_rate/api' },
      values: [[expect.any(String), 'error rate 14 % (usually <1 %)', { level: 'critical' }]],
    },
  ])
})

describe('a sink that fails', () => {
  it.each([
    [429, 'isRetryable'],
    [500, 'isRetryable'],
    [503, 'isRetryable'],
    [400, 'isPermanent'],
    [401, 'isPermanent'],
    [404, 'isPermanent'],
  ] as const)('with %i: %s', async (status, kind) => {
    await using server = await HttpServer.start((_, response) => void response.writeHead(status).end())
    await using exporter = exporterOf({ endpoint: server.url('') })
    expect(await rejected(exporter.send(batchOf(['a'])))).toMatchObject({ [kind]: true })
  })

  it('is sent only what it has not taken, and the same as before', async () => {
    const statuses = [204, 503]
    await using server = await HttpServer.start((_, response) => void response.writeHead(statuses.shift() ?? 204).end())
    await using exporter = exporterOf({ endpoint: server.url(''), max_request_size: 1 })
    const batch = batchOf(['a', 'b', 'c'])
    expect((await rejected(exporter.send(batch))).isRetryable).toBe(true)
    await exporter.clock.advance(60_000)
    await exporter.send(batch)
    const values = pushed(server)
      .flat()
      .map(({ values: [value] }) => value)
    expect(values.map((value) => value?.[1])).toEqual(['a', 'b', 'b', 'c'])
    // Loki knows an entry again by its time and line.
    expect(values[2]).toEqual(values[1])
  })
})

it.each([
  [{ endpoint: 'loki:3100' }, ['endpoint'], 'endpoint is no http or https address'],
  [{ endpoint: 'http://x', headers: { 'a b': 'c' } }, ['headers', 'a b'], expect.stringContaining('the header "a b"')],
])('refuses a config that cannot work: %j', (config, configPath, message) => {
  expect(() => exporterOf(config)).toThrow(expect.objectContaining({ message, configPath, hint: expect.any(String) }))
})
