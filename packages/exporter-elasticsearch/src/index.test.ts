import { HttpServer } from '@weir/http-client/testing'
import { isPermanentError, isRetryableError, LogBatch } from '@weir/sdk'
import { alertsOf, batchOf, createComponent, exporterContract, TestClock, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BulkServer } from './bulk-server.fixture.ts'
import elasticsearch from './index.ts'

const now = Date.UTC(2026, 10, 24, 14, 13, 19, 500)

function exporterOf(config: object) {
  const exporter = createComponent(elasticsearch, config, testServices({ clock: new TestClock(now) }))
  return {
    send: (batch: LogBatch, abortSignal = new AbortController().signal) => exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

const rejected = async (promise: Promise<void>) => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  return { error, isRetryable: isRetryableError(error), isPermanent: isPermanentError(error) }
}

describe('contract', () => {
  let server: BulkServer
  const config = { endpoint: '' }
  beforeAll(async () => {
    server = await BulkServer.start()
    config.endpoint = server.url
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const failing = [{ name: 'nobody listens', config: { endpoint: 'http://127.0.0.1:1' }, error: 'retryable' as const }]
  for (const { name, run } of exporterContract(elasticsearch, { config, failing })) it(name, run)
})

it('indexes records in the layout of OpenTelemetry, each by an action of its own', async () => {
  await using server = await BulkServer.start()
  await using exporter = exporterOf({ endpoint: server.url })
  const batch = new LogBatch({
    observedTime: now,
    resource: { 'service.name': 'shop' },
    scope: { name: 'weir' },
    attributes: { 'log.file.path': '/x' },
  })
  const first = batch.append()
  first.time = Date.UTC(2026, 0, 1)
  first.timeRemainder = 1
  first.severityNumber = 17
  first.body = 'payment "failed"\n東'
  first.traceId = '0af7651916cd43dd8448eb211c80319c'
  first.spanId = 'b7ad6b7169203331'
  first.flags = 1
  first.attributes.set('http.response.status_code', 500)
  batch.append().body = { a: [1] }
  await exporter.send(batch)
  const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = server.requests
  expect(path).toBe('/_bulk?filter_path=items.*.status%2Citems.*.error.type%2Citems.*.error.reason')
  expect(headers['content-type']).toBe('application/x-ndjson')
  const [action] = body.split('\n')
  expect(JSON.parse(action ?? '')).toEqual({
    create: { _index: 'logs-generic.otel-default', _id: expect.stringMatching(/^[\w-]{12}-0$/) },
  })
  const shared = {
    observed_timestamp: '2026-11-24T14:13:19.500Z',
    'resource.attributes': { 'service.name': 'shop' },
    scope: { name: 'weir' },
  }
  expect([...server.documents.values()]).toEqual([
    {
      '@timestamp': '2026-01-01T00:00:00.000000001Z',
      severity_number: 17,
      severity_text: 'ERROR',
      'body.text': 'payment "failed"\n東',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      trace_flags: 1,
      attributes: { 'http.response.status_code': 500, 'log.file.path': '/x' },
      ...shared,
    },
    {
      '@timestamp': '2026-11-24T14:13:19.500Z',
      'body.structured': { a: [1] },
      attributes: { 'log.file.path': '/x' },
      ...shared,
    },
  ])
})

it('names the index by fields and date, as a name may be', async () => {
  await using server = await BulkServer.start()
  await using exporter = exporterOf({ endpoint: server.url, logs_index: 'logs-{attributes.service}-{time:yyyy.MM.dd}' })
  const time = Date.UTC(2026, 1, 3, 23, 59)
  const services = ['Shop', 'a/b*c d', '../x', '', '東'.repeat(300), '\ud800']
  await exporter.send(batchOf([...services.map((service) => ({ time, attributes: { service } })), { time }]))
  expect([...server.documents.keys()].map((key) => key.split('/')[0])).toEqual([
    'logs-shop-2026.02.03',
    'logs-a_b_c_d-2026.02.03',
    'logs-.._x-2026.02.03',
    'logs-unknown-2026.02.03',
    `logs-${'東'.repeat(60)}-2026.02.03`,
    'logs-\ufffd-2026.02.03',
    'logs-unknown-2026.02.03',
  ])
})

it('says of documents what it says of records, whatever these hold', async () => {
  await using server = await BulkServer.start()
  await using exporter = exporterOf({ endpoint: server.url, max_request_size: 500 })
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const input = fc.record({
    body: text,
    attributes: fc.dictionary(
      text.filter((name) => name.length > 1),
      text,
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(input, { maxLength: 20 }), async (inputs) => {
      server.documents.clear()
      await exporter.send(batchOf(inputs))
      const wellFormed = (value: unknown) =>
        JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'))
      expect(
        Array.from(server.documents.values(), (document) =>
          wellFormed([document['body.text'], document.attributes ?? {}]),
        ),
      ).toEqual(inputs.map(({ body, attributes }) => wellFormed([body, attributes])))
    }),
    { numRuns: 50 },
  )
})

describe('documents of a request', () => {
  it('that the sink has no room for are sent again alone', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url })
    let isBusy = true
    server.refuse = (document) =>
      isBusy && /[bd]/.test(String(document['body.text']))
        ? { status: 429, type: 'es_rejected_execution_exception' }
        : undefined
    const batch = batchOf(['a', 'b', 'c', 'd', 'e'])
    const { error, isRetryable } = await rejected(exporter.send(batch))
    expect(isRetryable).toBe(true)
    expect(String(error)).toMatch(/2 of 5 records are to be sent again; the first: 429 es_rejected.*because of b/)
    isBusy = false
    await exporter.send(batch)
    expect(server.counts).toEqual([5, 2])
    expect(server.bodies).toEqual(['a', 'c', 'e', 'b', 'd'])
  })

  it('that do not fit the mapping are given up, counted, and told of; the others are delivered', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url })
    let isBusy = true
    server.refuse = (document) => {
      if (document['body.text'] === 'bad') return { status: 400, type: 'document_parsing_exception' }
      return isBusy && document['body.text'] === 'late'
        ? { status: 503, type: 'unavailable_shards_exception' }
        : undefined
    }
    const batch = batchOf(['good', 'bad', 'late', 'bad'])
    expect((await rejected(exporter.send(batch))).isRetryable).toBe(true)
    isBusy = false
    const { error, isPermanent } = await rejected(exporter.send(batch))
    expect(isPermanent).toBe(true)
    expect(error).toMatchObject({
      rows: [1, 3],
      message: '2 of 4 records were refused; the first: 400 document_parsing_exception: because of bad',
    })
    expect(server.counts).toEqual([4, 1])
  })

  it('are sent again while the index is blocked because the disk is full', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url })
    server.refuse = () => ({ status: 403, type: 'cluster_block_exception' })
    expect((await rejected(exporter.send(batchOf(['a'])))).isRetryable).toBe(true)
  })

  it('are never doubled, though the answer to the first attempt was lost', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url, max_request_size: 200 })
    server.statuses.push(200, 0)
    const batch = batchOf(['same', 'same', 'same', 'same'])
    expect((await rejected(exporter.send(batch))).isRetryable).toBe(true)
    await exporter.send(batch)
    expect(server.bodies).toEqual(['same', 'same', 'same', 'same'])
    expect(server.counts.reduce((sum, count) => sum + count)).toBeGreaterThan(4)
  })

  it('are other ones when the batch object comes with other records', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url })
    server.statuses.push(503)
    const batch = batchOf(['given up'])
    await rejected(exporter.send(batch))
    batch.reset().append().body = 'other'
    await exporter.send(batch)
    expect(server.bodies).toEqual(['other'])
  })

  it('are as many as fit the largest request, and one that fits none goes alone', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url, max_request_size: '4KiB' })
    await exporter.send(batchOf([...Array(50).fill('x'.repeat(300)), 'y'.repeat(9000), 'z']))
    expect(server.documents.size).toBe(52)
    expect(server.requests.length).toBeGreaterThan(4)
    const sizes = server.requests.map(({ byteLength }) => byteLength)
    expect(sizes.filter((size) => size > 4096)).toEqual([expect.toSatisfy((size: number) => size > 9000)])
  })

  it('are given up when their whole request is refused; the other requests of the batch are not', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url, max_request_size: 100 })
    server.statuses.push(200, 400, 200)
    expect((await rejected(exporter.send(batchOf(['a', 'b', 'c'])))).error).toMatchObject({ rows: [1] })
    expect(server.bodies).toEqual(['a', 'c'])
  })
})

describe('the id of a document', () => {
  it('is that of the alert, so that a replay adds none', async () => {
    await using server = await BulkServer.start()
    for (let run = 0; run < 2; run++) {
      await using exporter = exporterOf({ endpoint: server.url })
      await exporter.send(alertsOf({ id: 'one' }, { id: 'two' }, { id: '' }))
    }
    expect(server.ids.slice(0, 2)).toEqual(['one', 'two'])
    expect(server.documents.size).toBe(4)
  })

  it('is what document_id says, where that is something', async () => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url, document_id: '{attributes.event.id}' })
    const ids = ['e"1', 'e"1', '', 'x'.repeat(1000)]
    await exporter.send(batchOf(ids.map((id) => ({ attributes: { 'event.id': id } }))))
    expect(server.ids).toEqual(['e"1', expect.stringMatching(/-2$/), expect.stringMatching(/-3$/)])
  })
})

describe('a sink that fails as a whole', () => {
  it.each([
    [429, 'isRetryable'],
    [502, 'isRetryable'],
    [401, 'isPermanent'],
    [403, 'isPermanent'],
    [413, 'isPermanent'],
  ] as const)('with %i: %s', async (status, kind) => {
    await using server = await BulkServer.start()
    await using exporter = exporterOf({ endpoint: server.url })
    server.statuses.push(status)
    expect(await rejected(exporter.send(batchOf(['a'])))).toMatchObject({ [kind]: true })
  })

  it.each(['<html>please log in</html>', '{}', '{"items":[]}', '{"items":[{}, {}]}'])(
    'by an answer that is none, %s, has taken nothing for all we know',
    async (text) => {
      await using server = await HttpServer.start((_, response) => void response.end(text))
      await using exporter = exporterOf({ endpoint: server.url('') })
      const { error, isRetryable } = await rejected(exporter.send(batchOf(['a'])))
      expect([isRetryable, String(error)]).toEqual([true, expect.stringContaining('no answer of the bulk API')])
    },
  )

  it('is left for the next of its nodes', async () => {
    await using good = await BulkServer.start()
    await using bad = await BulkServer.start()
    bad.statuses.push(503)
    await using exporter = exporterOf({ endpoints: [bad.url, good.url] })
    const batch = batchOf(['a'])
    expect((await rejected(exporter.send(batch))).isRetryable).toBe(true)
    await exporter.send(batch)
    await exporter.send(batchOf(['b']))
    expect(good.bodies).toEqual(['a', 'b'])
  })
})

it.each([
  [{ user: 'me', password: 'p:w' }, `Basic ${Buffer.from('me:p:w').toString('base64')}`],
  [{ api_key: 'a2V5' }, 'ApiKey a2V5'],
  [{ bearer_token: 'token' }, 'Bearer token'],
])('says who it is: %j', async (config, authorization) => {
  await using server = await BulkServer.start()
  await using exporter = exporterOf({ endpoint: server.url, pipeline: 'geo ip', ...config })
  await exporter.send(batchOf(['a']))
  expect(server.requests[0]?.headers.authorization).toBe(authorization)
  expect(server.requests[0]?.path).toMatch(/&pipeline=geo\+ip$/)
})

it.each([
  [{}, [], 'endpoint is missing'],
  [{ endpoints: ['http://x', 'x'] }, ['endpoints', 1], 'endpoints is no http or https address'],
  [{ endpoint: 'http://x', user: 'u', api_key: 'k' }, ['api_key'], 'of user, api_key and bearer_token one is enough'],
  [{ endpoint: 'http://x', bearer_token: 'a\nb' }, ['bearer_token'], expect.stringContaining('not allowed in HTTP')],
  [{ endpoint: 'http://x', headers: { 'a b': 'c' } }, ['headers', 'a b'], expect.stringContaining('the header "a b"')],
  [{ endpoint: 'http://x', logs_index: 'Logs' }, ['logs_index'], '"Logs" is no name of an index'],
  [{ endpoint: 'http://x', logs_index: '_logs' }, ['logs_index'], '"_logs" is no name of an index'],
  [{ endpoint: 'http://x', logs_index: 'a b' }, ['logs_index'], '"a b" is no name of an index'],
  [{ endpoint: 'http://x', logs_index: 'a-{b' }, ['logs_index'], expect.stringContaining('has no "}"')],
])('refuses a config that cannot work: %j', (config, configPath, message) => {
  expect(() => exporterOf(config)).toThrow(expect.objectContaining({ message, configPath, hint: expect.any(String) }))
})
