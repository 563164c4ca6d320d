import { type Handler, HttpServer } from '@weir/http-client/testing'
import { isPermanentError, isRetryableError, type LogBatch } from '@weir/sdk'
import {
  alertsOf,
  batchOf,
  createComponent,
  exporterContract,
  MemoryState,
  TestClock,
  testServices,
} from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import alertmanager from './index.ts'

const now = Date.UTC(2026, 10, 24, 14, 20)
const ok: Handler = (_, response) => void response.end()
const iso = (ms: number) => new Date(ms).toISOString()

function exporterOf(config: object, state = new MemoryState()) {
  const services = testServices({ clock: new TestClock(now), state })
  const exporter = createComponent(alertmanager, config, services)
  return {
    ...services,
    start: async () => exporter.start?.(),
    send: (batch: LogBatch, abortSignal = new AbortController().signal) => exporter.export(batch, { abortSignal }),
    [Symbol.asyncDispose]: async () => exporter.stop?.(),
  }
}

const posted = (server: HttpServer) => server.requests.map(({ body }) => JSON.parse(body))

describe('contract', () => {
  let server: HttpServer
  const config = { endpoint: '' }
  beforeAll(async () => {
    server = await HttpServer.start(ok)
    config.endpoint = server.url('/')
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const failing = [{ name: 'nobody listens', config: { endpoint: 'http://127.0.0.1:1' }, error: 'retryable' as const }]
  for (const { name, run } of exporterContract(alertmanager, { config, failing })) it(name, run)
})

it('posts an alert with labels that set it apart, and annotations that explain it', async () => {
  await using server = await HttpServer.start(ok)
  await using exporter = exporterOf({
    endpoint: server.url('/prefix'),
    labels: { cluster: 'eu' },
    generator_url: 'https://logs.example.com',
  })
  await exporter.send(alertsOf({ key: 'template 7' }))
  expect(server.requests[0]?.path).toBe('/prefix/api/v2/alerts')
  expect(posted(server)).toEqual([
    [
      {
        labels: {
          cluster: 'eu',
          alertname: 'error_rate/api',
          severity: 'critical',
          key: 'template 7',
          url_path: '/pay',
        },
        annotations: {
          title: 'error rate 14 % (usually <1 %)',
          evidence: 'url.path: /pay\nobserved: 14 %\nexpected: <1 %\nscore: 8.235\nwindow: 1m\nreported: 3 times',
          samples: 'GET /pay 502\nGET /pay *503*',
        },
        startsAt: '2026-11-24T14:11:49.000Z',
        endsAt: iso(now + 4 * 60_000),
        generatorURL: 'https://logs.example.com',
      },
    ],
  ])
})

it('gives every path of a group a label of its own', async () => {
  await using server = await HttpServer.start(ok)
  await using exporter = exporterOf({ endpoint: server.url('/') })
  const group = { 'attributes.a.b': 1, 'attributes.a-b': 2, severity: 'x', '5xx': true, alertname: 'y' }
  await exporter.send(alertsOf({ group }))
  expect(posted(server)[0][0].labels).toEqual({
    alertname: 'error_rate/api',
    severity: 'critical',
    a_b: '1',
    a_b_2: '2',
    severity_2: 'x',
    _5xx: 'true',
    alertname_2: 'y',
  })
})

it('ends an alert when it is resolved: not in the future, and not before its beginning', async () => {
  await using server = await HttpServer.start(ok)
  await using exporter = exporterOf({ endpoint: server.url('/') })
  const end = { state: 'resolved', startedAt: now - 9000 } as const
  await exporter.send(
    alertsOf({ ...end, time: now - 5000 }, { ...end, time: now + 5000 }, { ...end, time: now - 9500 }),
  )
  expect(posted(server)[0].map(({ startsAt, endsAt }: { [key: string]: string }) => [startsAt, endsAt])).toEqual([
    [iso(now - 9000), iso(now - 5000)],
    [iso(now - 9000), iso(now)],
    [iso(now - 9500), iso(now - 9500)],
  ])
})

it('ends what it began when the severity changes, since it is another alert there', async () => {
  await using server = await HttpServer.start(ok)
  await using exporter = exporterOf({ endpoint: server.url('/') })
  await exporter.send(alertsOf({ severity: 'warning' }))
  await exporter.send(alertsOf({ severity: 'critical' }))
  await exporter.send(alertsOf({ severity: 'info', state: 'resolved' }))
  const fires = ({ endsAt }: { endsAt: string }) => Date.parse(endsAt) > now
  const seen = posted(server).map((alerts) =>
    alerts.map((alert: { labels: { severity: string }; endsAt: string }) => [alert.labels.severity, fires(alert)]),
  )
  expect(seen).toEqual([
    [['warning', true]],
    [
      ['warning', false],
      ['critical', true],
    ],
    [['critical', false]],
  ])
})

describe('a firing alert', () => {
  it('is sent again, so that it stays alive there, until it is resolved', async () => {
    await using server = await HttpServer.start(ok)
    await using exporter = exporterOf({ endpoint: server.url('/'), resend_interval: '30s' })
    await exporter.start()
    await exporter.send(alertsOf({}, { fingerprint: 'fp-2', rule: 'other' }))
    await exporter.clock.advance(30_000)
    await expect.poll(() => server.requests.length).toBe(2)
    const [, again] = posted(server)
    expect(again.map(({ labels }: { labels: { alertname: string } }) => labels.alertname)).toEqual([
      'error_rate/api',
      'other',
    ])
    expect(again[0].endsAt).toBe(iso(now + 30_000 + 120_000))
    await exporter.send(alertsOf({ state: 'resolved' }))
    await exporter.clock.advance(30_000)
    await expect.poll(() => server.requests.length).toBe(4)
    expect(posted(server)[3]).toMatchObject([{ labels: { alertname: 'other' } }])
  })

  it('is sent again after a restart', async () => {
    await using server = await HttpServer.start(ok)
    const state = new MemoryState()
    {
      await using first = exporterOf({ endpoint: server.url('/') }, state)
      await first.send(alertsOf({}))
    }
    await using second = exporterOf({ endpoint: server.url('/') }, state)
    await second.start()
    await second.clock.advance(60_000)
    await expect.poll(() => server.requests.length).toBe(2)
    expect(posted(server)[1]).toMatchObject([{ startsAt: '2026-11-24T14:11:49.000Z', labels: { url_path: '/pay' } }])
  })

  it('is forgotten when nobody has reported it for long', async () => {
    await using server = await HttpServer.start(ok)
    await using exporter = exporterOf({ endpoint: server.url('/'), resend_interval: '1h', forget_after: '90m' })
    await exporter.start()
    await exporter.send(alertsOf({}))
    await exporter.clock.advance(3_600_000)
    await expect.poll(() => server.requests.length).toBe(2)
    await exporter.clock.advance(10 * 3_600_000)
    expect(server.requests).toHaveLength(2)
    expect(exporter.state.get('active')).toEqual([])
  })

  it('is tried again at the next turn when the sink is away, which is logged', async () => {
    let status = 200
    await using server = await HttpServer.start((_, response) => void response.writeHead(status).end())
    await using exporter = exporterOf({ endpoint: server.url('/') })
    await exporter.start()
    await exporter.send(alertsOf({}))
    status = 503
    await exporter.clock.advance(60_000)
    await expect.poll(() => exporter.logger.lines.length).toBe(1)
    expect(exporter.logger.lines).toMatchObject([{ level: 'warn', fields: { reason: expect.stringContaining('503') } }])
    status = 200
    await exporter.clock.advance(60_000)
    await expect.poll(() => server.requests.length).toBe(3)
  })

  it('is not overtaken by itself: its end waits until it has been sent again', async () => {
    const held: (() => void)[] = []
    await using server = await HttpServer.start((_, response) => {
      if (server.requests.length === 2) held.push(() => response.end())
      else response.end()
    })
    await using exporter = exporterOf({ endpoint: server.url('/') })
    await exporter.start()
    await exporter.send(alertsOf({}))
    await exporter.clock.advance(60_000)
    await expect.poll(() => held.length).toBe(1)
    const end = exporter.send(alertsOf({ state: 'resolved' }))
    await exporter.clock.advance(1000)
    expect(server.requests).toHaveLength(2)
    held[0]?.()
    await end
    expect(server.requests).toHaveLength(3)
  })
})

it('makes an alert of a record that is none, which ends by itself', async () => {
  await using server = await HttpServer.start(ok)
  await using exporter = exporterOf({ endpoint: server.url('/') })
  await exporter.start()
  await exporter.send(batchOf([{ time: now - 1000, body: 'disk full', severityNumber: 17 }]))
  expect(posted(server)).toEqual([
    [
      {
        labels: { alertname: 'log', severity: 'critical' },
        annotations: { title: 'disk full' },
        startsAt: iso(now - 1000),
        endsAt: iso(now + 240_000),
      },
    ],
  ])
  await exporter.clock.advance(60_000)
  expect(server.requests).toHaveLength(1)
})

it.each([
  [400, isPermanentError],
  [401, isPermanentError],
  [503, isRetryableError],
  [429, isRetryableError],
])('says of %i whether it may succeed later', async (status, isExpected) => {
  await using server = await HttpServer.start((_, response) => void response.writeHead(status).end())
  await using exporter = exporterOf({ endpoint: server.url('/') })
  await expect(exporter.send(alertsOf({}))).rejects.toSatisfy(isExpected)
})

it.each([
  [{ endpoint: 'alertmanager:9093' }, ['endpoint'], 'WEIR_HTTP_URL'],
  [{ endpoint: 'http://x', headers: { 'a b': 'c' } }, ['headers', 'a b'], 'WEIR_HTTP_HEADER'],
])('refuses a config that cannot work: %j', (config, configPath, code) => {
  expect(() => exporterOf(config)).toThrow(expect.objectContaining({ code, configPath }))
})
