import { Buffer } from 'node:buffer'
import { Layout, LogBatch } from '@weir/sdk'
import {
  batchOf,
  createComponent,
  detectorContract,
  detectorHarness,
  MemoryMeter,
  testServices,
} from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { inOrder, midnight, minute, quiet, random, repeated } from '../testing/traffic.ts'
import { newPattern } from './new-pattern.ts'

const pool = 'connection pool exhausted: 50 of 50 in use'
const at = midnight + 60 * minute

describe('new_pattern', () => {
  it('reports a message that was never seen once, with its template and the line', () => {
    const lines = inOrder([...quiet({ seed: 1, minutes: 120 }), ...repeated(pool, 5, at, at + minute, 21)])
    const { alerts } = detectorHarness(newPattern).feed(lines)
    expect(alerts).toMatchObject([
      {
        title: 'new message: connection pool exhausted: <num> of <num> in use',
        severity: 'critical',
        time: at,
        samples: [pool],
      },
    ])
  })

  it('knows after a restart what it knew', () => {
    const harness = detectorHarness(newPattern)
    harness.feed([...quiet({ seed: 1, minutes: 30 }), ...repeated(pool, 1, at, at)])
    harness.restart()
    expect(harness.feed(repeated(pool, 5, at + minute, at + 2 * minute)).alerts).toHaveLength(1)
  })

  it('reports what is back after a long time, and how rare it is', () => {
    const day = 24 * 60 * minute
    const lines = [...quiet({ seed: 1, minutes: 60 }), ...repeated(pool, 3, at, at + minute, 17)]
    const back = repeated(pool, 2, at + 40 * day, at + 40 * day + minute, 17)
    for (const [again_after, count] of [
      ['30d', 1],
      ['50d', 0],
      ['0s', 0],
    ] as const) {
      const harness = detectorHarness(newPattern, { config: { again_after } })
      const before = harness.feed(lines).alerts.length
      harness.restart()
      const news = harness.feed(back).alerts.slice(before)
      expect(news).toHaveLength(count)
      expect(news).toMatchObject(
        count === 0
          ? []
          : [
              {
                title: 'message is back after 39d 23h: connection pool exhausted: <num> of <num> in use',
                evidence: { seen_before: 3, rarity: expect.stringMatching(/^4 of \d+ messages$/) },
              },
            ],
      )
    }
  })

  it('takes for values what the config says', () => {
    const orders = (names: string) =>
      [...names].map((name, index) => ({ time: at + index, body: `order ORD-${name} was lost for good` }))
    const masks = [{ name: 'order', pattern: 'ORD-[A-Z]+' }]
    const config = { warmup: '1s', variations: true }
    const lines = [...quiet({ seed: 1, minutes: 60 }), ...orders('XYZ')]
    const titles = (given: object) => detectorHarness(newPattern, { config: given }).feed(lines).alerts
    expect(titles({ ...config, masks }).map(({ title }) => title)).toEqual([
      'new message: order <order> was lost for good',
    ])
    expect(titles(config)).toHaveLength(3)
  })

  it('learns for a while before it reports', () => {
    const late = repeated(pool, 1, midnight + 5 * minute, midnight + 6 * minute)
    expect(detectorHarness(newPattern).feed(inOrder([...quiet({ seed: 1, minutes: 60 }), ...late])).alerts).toEqual([])
    const config = { warmup: '1m', warmup_records: 10 }
    expect(
      detectorHarness(newPattern, { config }).feed(inOrder([...quiet({ seed: 1, minutes: 20 }), ...late])).alerts,
    ).toHaveLength(1)
  })

  it('reports variations of known messages if it is told to', () => {
    const lines = [...quiet({ seed: 1, minutes: 60 }), ...repeated('mail to user 7 failed: mailbox full', 1, at, at)]
    expect(detectorHarness(newPattern).feed(lines).alerts).toEqual([])
    expect(detectorHarness(newPattern, { config: { variations: true } }).feed(lines).alerts).toHaveLength(1)
  })

  it('does not drown its reader in a flood of new kinds', () => {
    const next = random(9)
    const word = () => Array.from({ length: 6 }, () => 'ghijklmnopqrstuvwxyz'[Math.floor(next() * 20)]).join('')
    const flood = Array.from({ length: 500 }, (_, index) => ({ time: at + index, body: `${word()} ${word()}` }))
    const { alerts } = detectorHarness(newPattern).feed([...quiet({ seed: 1, minutes: 60 }), ...flood])
    expect(alerts).toHaveLength(10)
  })

  it('raises no false alarm in a week of traffic', () => {
    for (const seed of [1, 2]) {
      const lines = quiet({ seed, minutes: 7 * 24 * 60, perMinute: 8 })
      expect(detectorHarness(newPattern).feed(lines).alerts).toEqual([])
    }
  })

  it('reads the message from another field', () => {
    const config = { field: 'attributes.message', warmup: '0', warmup_records: 0 }
    const { alerts } = detectorHarness(newPattern, { config }).feed([
      { time: 1, body: 'not this', attributes: { message: 'but this' } },
      { time: 2, body: 'no message' },
    ])
    expect(alerts.map(({ title }) => title)).toEqual(['new message: but this'])
  })

  it('reads bytes and values alike', () => {
    const detector = createComponent(newPattern, { warmup: '0', warmup_records: 0 })
    const titles: string[] = []
    const look = (batch: LogBatch) => detector.observeBatch?.(batch, ({ title }) => titles.push(title))
    look(
      batchOf([
        { time: 1, body: 'disk sda1 is full' },
        { time: 1, body: { disk: 1 } },
      ]),
    )
    const batch = new LogBatch()
    batch.bytes = Buffer.from('disk sda2 is full\ndisk sda3 is low')
    batch.addLine(0, 17)
    batch.addLine(18, batch.bytes.length)
    batch.time.fill(2)
    look(batch)
    expect(titles).toEqual(
      ['disk <id> is full', '{"disk":<num>}', 'disk <id> is low'].map((text) => `new message: ${text}`),
    )
  })

  it('takes the method and the status of lines of access logs', () => {
    const layout = Layout.of('http.request.method', 'http.response.status_code')
    const detector = createComponent(newPattern, { warmup: '0', warmup_records: 0 })
    const titles: string[] = []
    const line = (method: string, path: string, status: number, agent: string) => {
      const batch = new LogBatch({ layout })
      batch.bytes = Buffer.from(`"${method} ${path}" ${status} "${agent}"`)
      const row = batch.addLine(0, batch.bytes.length)
      const at = row * batch.stride * 2
      batch.cells.set([1, 1 + method.length], at + 4)
      batch.setValue(row, 3, status)
      batch.time[row] = 1
      detector.observeBatch?.(batch, ({ title }) => titles.push(title))
    }
    line('GET', '/', 200, 'curl/8')
    line('GET', '/users/7', 200, 'Mozilla/5.0 (X11; Linux)')
    line('GET', '/users', 502, 'curl/8')
    line('PUT', '/users', 200, 'curl/8')
    line('GET', '/', 502, 'wget')
    expect(titles).toEqual([
      'new message: GET <path> 200 OK',
      'new message: GET <path> 502 Bad Gateway',
      'new message: PUT <path> 200 OK',
    ])
  })

  it('counts the records of the most frequent templates', () => {
    const meter = new MemoryMeter()
    const harness = detectorHarness(newPattern, { services: testServices({ meter }) })
    harness.feed(Array.from({ length: 100 }, (_, index) => ({ time: midnight + index * 1000, body: `tick ${index}` })))
    harness.advance(midnight + 10 * minute)
    expect(meter.total('weir_detector_template_records')).toBe(100)
  })
})

describe('contract', () => {
  const inputs = inOrder([
    ...quiet({ seed: 5, minutes: 20, perMinute: 60 }),
    ...repeated(pool, 2, midnight + 15 * minute, midnight + 16 * minute),
    ...repeated('something else entirely', 2, midnight + 16 * minute, midnight + 17 * minute),
  ])
  const config = { warmup: '5m', warmup_records: 100, max_clusters: 16 }
  for (const { name, run } of detectorContract(newPattern, { inputs, config })) it(name, run)
})
