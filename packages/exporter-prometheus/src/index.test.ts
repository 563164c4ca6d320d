import { gunzipSync } from 'node:zlib'
import type { MetricPoint } from '@weir/sdk'
import { createComponent, exporterContract, MemoryMeter, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import prometheus from './index.ts'
import { labelName, metricName } from './names.ts'
import { batchOf, started } from './scraping.fixture.ts'

const minute = 60_000
const requests = { name: 'http.requests', unit: '{request}', kind: 'counter', temporality: 'delta' } as const
const point = (value: number, time: number, attributes = {}): MetricPoint => ({ ...requests, value, time, attributes })
const gauge = (value: number, time: number): MetricPoint => ({
  ...{ name: 'queue.size', kind: 'gauge', value, time, description: 'Waiting \\ "now"\nand later', attributes: {} },
})

describe('the endpoint', () => {
  it('adds up what comes to counters, and shows the latest of gauges', async () => {
    const { send, scrape } = await started()
    await send(point(3, minute, { 'url.path': '/a"\\\n' }), gauge(5, minute))
    await send(point(4, 2 * minute, { 'url.path': '/a"\\\n' }), gauge(7, 2 * minute), gauge(6, minute))
    expect((await scrape()).body).toBe(`# TYPE http_requests_total counter
http_requests_total{url_path="/a\\"\\\\\\n"} 7
# TYPE queue_size gauge
# HELP queue_size Waiting \\\\ "now"\\nand later
queue_size 7
`)
  })

  it('speaks OpenMetrics where it is asked for', async () => {
    const { send, scrape } = await started({ send_timestamps: true })
    await send(point(3, minute), { ...gauge(0.5, 1500), name: 'wait', unit: 's' })
    const { body, headers } = await scrape({ accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' })
    expect(headers.get('content-type')).toContain('application/openmetrics-text')
    expect(body).toBe(`# TYPE http_requests counter
http_requests_total 3 60
# TYPE wait_seconds gauge
# UNIT wait_seconds seconds
# HELP wait_seconds Waiting \\\\ \\"now\\"\\nand later
wait_seconds 0.5 1.5
# EOF
`)
  })

  it('takes the value of cumulative counters as it is', async () => {
    const { send, scrape } = await started()
    for (const value of [10, 15]) await send({ ...point(value, value), temporality: 'cumulative' })
    expect((await scrape()).body).toContain('http_requests_total 15\n')
  })

  it('lets a series go stale that no point comes for', async () => {
    const clock = new TestClock()
    const { send, scrape } = await started({ metric_expiration: '5m' }, { clock })
    await send(point(1, 0, { a: 'old' }))
    await clock.advance(4 * minute)
    await send(point(1, 0, { a: 'new' }))
    await clock.advance(2 * minute)
    expect((await scrape()).body.trim().split('\n').slice(1)).toEqual(['http_requests_total{a="new"} 1'])
  })

  it('says where a series is from, and has the labels of the config', async () => {
    const { exporter, scrape } = await started({
      namespace: 'shop',
      const_labels: { region: 'eu' },
      add_metric_suffixes: false,
    })
    const batch = batchOf([gauge(1, 0)])
    batch.resource = { 'service.name': 'checkout', 'service.instance.id': 'i-1' }
    await exporter.export(batch)
    expect((await scrape()).body).toContain('shop_queue_size{instance="i-1",job="checkout",region="eu"} 1\n')
  })

  it('counts what cannot be shown', async () => {
    const meter = new MemoryMeter()
    const { send, scrape, services } = await started({ max_series: 1 }, { meter })
    await send(point(1, 0, { a: 1 }), point(1, 0, { a: 2 }), {
      ...point(9, 0),
      kind: 'gauge',
      name: 'http_requests_total',
    })
    expect((await scrape()).body.trim().split('\n').slice(1)).toEqual(['http_requests_total{a="1"} 1'])
    expect(meter.total('weir_exporter_prometheus_refused_points')).toBe(2)
    expect(services.logger.lines.map(({ fields }) => Reflect.get(fields, 'reason'))).toEqual([
      'max_series',
      'type_conflict',
    ])
  })

  it('compresses long answers', async () => {
    const { send, port } = await started()
    await send(...Array.from({ length: 200 }, (_, index) => point(index, 0, { index })))
    const { request } = await import('node:http')
    const { promise, resolve } = Promise.withResolvers<Buffer>()
    request({ port, path: '/metrics', headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)))
    }).end()
    expect(gunzipSync(await promise).toString()).toContain('http_requests_total{index="199"} 199\n')
  })

  it('shows nothing at other paths and by other methods', async () => {
    const { port } = await started()
    const statuses = [
      (await fetch(`http://127.0.0.1:${port}/`)).status,
      (await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status,
    ]
    expect(statuses).toEqual([404, 405])
  })

  it('names the port that is taken', async () => {
    const { port } = await started()
    await expect(started({ endpoint: `127.0.0.1:${port}` })).rejects.toThrow(`127.0.0.1:${port}`)
  })
})

it.each([
  [{ name: 'http.server.duration', unit: 'ms', kind: 'gauge' }, 'http_server_duration_milliseconds'],
  [{ name: 'bytes.sent', unit: 'By', kind: 'counter' }, 'bytes_sent_bytes_total'],
  [{ name: 'speed', unit: 'm/s', kind: 'gauge' }, 'speed_meters_per_second'],
  [{ name: 'requests_total', kind: 'counter' }, 'requests_total'],
  [{ name: 'share', unit: '1', kind: 'gauge' }, 'share_ratio'],
  [{ name: '5xx größe', kind: 'gauge' }, '_5xx_gr_e'],
] as const)('calls %o %s', (point, name) => {
  expect(metricName(point, { namespace: undefined, suffixes: true })).toBe(name)
})

it('gives labels names that Prometheus takes', () => {
  expect(['url.path', '__name__', '9', 'ä'].map(labelName)).toEqual(['url_path', '_name_', '_9', '_'])
})

describe('contract', () => {
  const config = { endpoint: '127.0.0.1:0' }
  for (const { name, run } of exporterContract(prometheus, { config })) it(name, run)
})

it('wants an address to listen on', () => {
  expect(() => createComponent(prometheus, { endpoint: '127.0.0.1' })).toThrow(
    expect.objectContaining({ code: 'WEIR_HTTP_ENDPOINT', configPath: ['endpoint'] }),
  )
})
