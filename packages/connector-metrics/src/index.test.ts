import { asMetric, type MetricPoint, type Record } from '@weir/sdk'
import {
  batchOf,
  createComponent,
  exporterContract,
  type Input,
  MemoryState,
  TestClock,
  testServices,
} from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import metrics from './index.ts'

const minute = 60_000
const { signal: abortSignal } = new AbortController()

interface Options {
  once?: boolean
  state?: MemoryState
  clock?: TestClock
  batchSize?: number
  /** Restarts before these records. */
  restarts?: readonly number[]
}

const isSlow = (record: Record) => Number(record.attributes.get('duration')) > 100
const conditions = { compile: () => isSlow }

function connectorOf(
  config: object,
  { once = true, state = new MemoryState(), clock = new TestClock(0) }: Options = {},
) {
  const overrides = { conditions, run_mode: { once, isTerminal: false, baseDir: '.' } }
  const services = testServices({ state, clock, overrides })
  let connector = createComponent(metrics, config, services)
  void connector.start?.()
  const points = (): MetricPoint[] =>
    services.connectorOutput.batches
      .flatMap((batch) => Array.from(batch, asMetric))
      .filter((point) => point !== undefined)
  return {
    services,
    points,
    async feed(inputs: readonly Input[], source = 'a') {
      const batch = batchOf(inputs)
      batch.source = source
      await connector.export(batch, { abortSignal })
    },
    async restart() {
      await connector.stop?.()
      connector = createComponent(metrics, config, services)
      await connector.start?.()
    },
    async finish() {
      await connector.flush?.()
      await connector.stop?.()
      return points()
    },
  }
}

async function measure(config: object, inputs: readonly Input[], options: Options = {}): Promise<MetricPoint[]> {
  const connector = connectorOf(config, options)
  const { batchSize = inputs.length, restarts = [] } = options
  for (let from = 0; from < inputs.length; from += batchSize) {
    if (restarts.some((at) => at >= from && at < from + batchSize)) await connector.restart()
    await connector.feed(inputs.slice(from, from + batchSize))
  }
  return connector.finish()
}

const request = (time: number, path: string, duration = 10): Input => ({
  time,
  body: 'request',
  attributes: { 'url.path': path, duration },
})
/** Time in minutes, value, and the attributes' values of each point. */
const brief = (points: readonly MetricPoint[]) =>
  points.map(({ time, value, attributes }) => [time / minute, Number(value.toFixed(3)), ...Object.values(attributes)])

const requests = [
  request(0, '/a'),
  request(10_000, '/b', 500),
  request(50_000, '/a'),
  request(70_000, '/a', 200),
  request(3 * minute + 1, '/b'),
]

describe('metrics of records', () => {
  it('counts by series and window, zeros included', async () => {
    const config = { metrics: [{ name: 'requests', unit: '{request}', group_by: ['attributes.url.path'] }] }
    const points = await measure(config, requests)
    expect(brief(points)).toEqual([
      [1, 2, '/a'],
      [1, 1, '/b'],
      [2, 1, '/a'],
      [2, 0, '/b'],
      [3, 0, '/a'],
      [3, 0, '/b'],
      [4, 1, '/b'],
      [4, 0, '/a'],
    ])
    expect(points[0]).toEqual({
      ...{
        name: 'requests',
        unit: '{request}',
        kind: 'counter',
        temporality: 'delta',
        value: 2,
        time: minute,
        startTime: 0,
      },
      attributes: { 'url.path': '/a' },
    })
  })

  it('knows sum, minimum, maximum, mean, quantiles, different values, and leaves out what has no value', async () => {
    const field = 'attributes.duration'
    const of = (aggregate: string) => ({ name: aggregate, aggregate, field })
    const durations = Array.from({ length: 100 }, (_, index) => request(index * 100, `/${index % 7}`, index + 1))
    const points = await measure(
      {
        metrics: [
          ...[of('sum'), of('min'), of('max'), of('mean'), { ...of('quantile'), quantiles: [0.5, 0.9] }],
          { name: 'paths', aggregate: 'unique', field: 'attributes.url.path' },
        ],
      },
      [...durations, { time: 5, body: 'no duration' }, { time: 6, attributes: { duration: 'much' } }],
    )
    expect(points.map(({ name, kind, attributes }) => [name, kind, attributes.quantile])).toEqual([
      ['sum', 'counter', undefined],
      ['min', 'gauge', undefined],
      ['max', 'gauge', undefined],
      ['mean', 'gauge', undefined],
      ['quantile', 'gauge', 0.5],
      ['quantile', 'gauge', 0.9],
      ['paths', 'gauge', undefined],
    ])
    const values = points.map(({ value }) => value)
    expect([...values.slice(0, 4), values[6]]).toEqual([5050, 1, 100, 50.5, 7])
    expect(Math.abs((values[4] ?? 0) - 50)).toBeLessThan(1)
    expect(Math.abs((values[5] ?? 0) - 90)).toBeLessThan(1.8)
  })

  it('measures only what meets the condition', async () => {
    const points = await measure({ metrics: [{ name: 'slow', where: 'attributes.duration > 100' }] }, requests)
    expect(brief(points)).toEqual([
      [1, 1],
      [2, 1],
    ])
  })

  it('slides, in whole windows', async () => {
    const config = { metrics: [{ name: 'rate', aggregate: 'rate', window: '2m', slide: '1m' }] }
    expect(brief(await measure(config, requests))).toEqual([
      [3, 0.008],
      [4, 0.008],
    ])
  })

  it('follows sessions by a gap', async () => {
    const config = {
      metrics: [{ name: 'pages', session_gap: '90s', group_by: ['attributes.url.path'], kind: 'gauge' }],
    }
    const points = await measure(config, requests)
    expect(
      points.map(({ startTime, time, value, attributes }) => [attributes['url.path'], startTime, time, value]),
    ).toEqual([
      ['/b', 10_000, 100_000, 1],
      ['/a', 0, 160_000, 3],
      ['/b', 180_001, 270_001, 1],
    ])
  })

  it('takes records that are late within what is allowed, and counts those that are later', async () => {
    const connector = connectorOf({ metrics: [{ name: 'n' }], allowed_lateness: '10s' })
    await connector.feed([request(0, '/a'), request(69_000, '/a'), request(55_000, '/a'), request(71_000, '/a')])
    await connector.feed([request(59_000, '/late')])
    expect(brief(await connector.finish())).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(connector.services.meter.total('weir_connector_metrics_late_records')).toBe(1)
  })

  it('remembers so many series, and loses no record of the others', async () => {
    const inputs = Array.from({ length: 300 }, (_, index) => request(index * 1000, `/${index % 50}`))
    const connector = connectorOf({ metrics: [{ name: 'n', group_by: ['url.path'] }], max_groups: 10 })
    await connector.feed(inputs)
    const points = await connector.finish()
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(300)
    expect(new Set(points.map(({ time, attributes }) => `${time} ${Object.values(attributes)}`)).size).toBe(
      points.length,
    )
    expect(points.filter(({ attributes }) => attributes['otel.metric.overflow'] === true)).not.toEqual([])
    expect(connector.services.meter.total('weir_connector_metrics_overflows')).toBe(290)
  })

  it('forgets a series that nothing comes for', async () => {
    const config = { metrics: [{ name: 'n', group_by: ['url.path'] }], group_expiration: '2m' }
    const points = await measure(config, [
      request(0, '/gone'),
      ...[1, 2, 3, 4, 5, 6].map((at) => request(at * minute, '/a')),
    ])
    expect(points.filter(({ attributes }) => attributes['url.path'] === '/gone').length).toBe(2)
  })

  it('follows the clock while nothing comes', async () => {
    const clock = new TestClock(0)
    const connector = connectorOf({ metrics: [{ name: 'n' }] }, { once: false, clock })
    await connector.feed([request(0, '/a')])
    await clock.advance(3 * minute)
    expect(brief(connector.points())).toEqual([
      [1, 1],
      [2, 0],
    ])
  })

  it('begins anew where a clock was wrong', async () => {
    const year = 365 * 86_400_000
    const connector = connectorOf({ metrics: [{ name: 'n' }] })
    await connector.feed([request(year, '/a'), request(year + 1, '/a')])
    await connector.feed(Array.from({ length: 20_000 }, (_, index) => request(index, '/a')))
    expect(brief(await connector.finish()).at(-1)).toEqual([1, 10_001])
  })
})

describe('over batches and restarts', () => {
  const kinds = [
    { name: 'count', group_by: ['url.path'] },
    { name: 'rate', aggregate: 'rate', window: '1m', slide: '10s' },
    { name: 'p', aggregate: 'quantile', field: 'duration' },
    { name: 'paths', aggregate: 'unique', field: 'url.path', window: '30s' },
    { name: 'visits', session_gap: '20s', group_by: ['url.path'] },
  ]

  it('measures the same however the records come', async () => {
    const record = fc.record({ step: fc.nat(9000), path: fc.nat(5), duration: fc.nat(1000) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(60), { maxLength: 3 }),
        async (records, batchSize, restarts) => {
          let time = 0
          const inputs = records.map(({ step, path, duration }) => {
            time += step
            return request(time - (step % 3) * 1000, `/${path}`, duration)
          })
          const config = { metrics: kinds, max_groups: 4 }
          expect(await measure(config, inputs, { batchSize, restarts })).toEqual(await measure(config, inputs))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('starts a metric anew whose config has changed, and keeps the others', async () => {
    const state = new MemoryState()
    const first = connectorOf({ metrics: [{ name: 'a' }, { name: 'b' }] }, { state, once: false })
    await first.feed([request(0, '/a')])
    await first.finish()
    const second = connectorOf({ metrics: [{ name: 'b' }, { name: 'a', unit: '1' }] }, { state })
    await second.feed([request(1000, '/a')])
    expect((await second.finish()).map(({ name, value }) => [name, value])).toEqual([
      ['b', 2],
      ['a', 1],
    ])
  })
})

it.each([
  [{ name: 'x', aggregate: 'mean' }, 'aggregate', 'needs a field'],
  [{ name: 'x', field: 'attributes.duration' }, 'field', 'no use for a field'],
  [{ name: 'x', window: '1m', slide: '7s' }, 'slide', 'no multiple of slide'],
  [{ name: 'x', aggregate: 'rate', session_gap: '1m' }, 'aggregate', 'sessions do not have'],
  [{ name: 'x', aggregate: 'max', field: 'body', kind: 'counter' }, 'kind', 'cannot be a counter'],
])('says what is wrong with %o', (metric, key, message) => {
  expect(() => connectorOf({ metrics: [{ name: 'right' }, metric] })).toThrow(
    expect.objectContaining({
      code: 'WEIR_METRIC_CONFIG',
      message: expect.stringContaining(message),
      configPath: ['metrics', 1, key],
    }),
  )
})

describe('contract', () => {
  for (const { name, run } of exporterContract(metrics, { config: { metrics: [{ name: 'n' }] } })) it(name, run)
})
