import { type Alert, appendAlert, asAlert, LogBatch, type Record } from '@weir/sdk'
import {
  batchOf,
  createComponent,
  exporterContract,
  MemoryState,
  plainRecords,
  TestClock,
  testServices,
} from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import correlation from './index.ts'

const minute = 60_000
const { signal: abortSignal } = new AbortController()
const midnight = Date.UTC(2026, 0, 5)

type Given = Partial<Alert> & { at: number; end?: boolean; since?: number }

/** An alert; `at` and `since` in minutes. */
function alert({ at, end = false, since = at, rule = 'rate', ...given }: Given): Alert {
  const time = midnight + at * minute
  const state = end ? 'resolved' : 'firing'
  return {
    ...{
      id: `${rule} ${state} ${at}`,
      fingerprint: rule,
      rule,
      state,
      severity: 'warning',
      title: `${rule} is odd`,
      time,
    },
    ...{ startedAt: midnight + since * minute, group: {}, count: 1, ...given },
  }
}

/** Conditions of a test: `rule == x` alone. */
const conditions = {
  compile: (text: string) => (record: Record) => record.attributes.get('alert.rule') === text.replace('rule == ', ''),
}

interface Options {
  once?: boolean
  state?: MemoryState
  clock?: TestClock
}

function correlating(
  config: object = {},
  { once = true, state = new MemoryState(), clock = new TestClock(midnight) }: Options = {},
) {
  const overrides = { conditions, run_mode: { once, isTerminal: false, baseDir: '.' } }
  const services = testServices({ state, clock, overrides })
  let connector = createComponent(correlation, config, services)
  void connector.start?.()
  const out = () =>
    services.connectorOutput.batches.flatMap((batch) => Array.from(batch, asAlert)).filter((one) => one !== undefined)
  return {
    services,
    out,
    async feed(alerts: readonly Alert[]) {
      const batch = new LogBatch({ signal: 'alerts', source: 'anomaly', capacity: Math.max(1, alerts.length) })
      for (const one of alerts) appendAlert(batch, one)
      await connector.export(batch, { abortSignal })
    },
    async restart() {
      await connector.stop?.()
      connector = createComponent(correlation, config, services)
      await connector.start?.()
    },
    async finish() {
      await connector.flush?.()
      await connector.stop?.()
      return out()
    },
  }
}

async function correlated(config: object, ...given: Given[]): Promise<Alert[]> {
  const connector = correlating(config)
  await connector.feed(given.map(alert))
  return connector.finish()
}

const brief = (alerts: readonly Alert[]) =>
  alerts.map(({ rule, state, severity, time, count }) => [rule, state, severity, (time - midnight) / minute, count])

describe('incidents', () => {
  it('says once where all of it happens', async () => {
    const group = { 'service.name': 'gateway' }
    const [incident] = await correlated(
      { group_by: ['service.name'] },
      { at: 0, rule: 'rate', group, title: 'gateway: rate fell to 0 records' },
      { at: 0.2, rule: 'error_rate', group, title: 'gateway: error rate 14 %' },
    )
    expect(incident?.title).toBe('gateway: 2 alerts within 12s: rate fell to 0 records; error rate 14 %')
  })

  it('makes one alert of several that come together, with what it is made of, until all are over', async () => {
    const alerts = await correlated(
      {},
      { at: 0, rule: 'rate' },
      { at: 0.2, rule: 'error_rate', severity: 'critical', title: 'error rate 14 %' },
      { at: 1, rule: 'new_pattern', severity: 'info' },
      { at: 8, rule: 'rate', since: 0, end: true },
      { at: 9, rule: 'new_pattern', since: 1, end: true },
      { at: 12, rule: 'error_rate', since: 0.2, end: true },
    )
    expect(brief(alerts)).toEqual([
      ['correlation', 'firing', 'critical', 0.5, 2],
      ['correlation', 'firing', 'critical', 5.5, 3],
      ['correlation', 'resolved', 'critical', 12, 3],
    ])
    const [first, second, last] = alerts
    expect(first).toMatchObject({
      title: '2 alerts within 12s: error rate 14 %; rate is odd',
      samples: ['rate: rate is odd', 'error_rate: error rate 14 %'],
      evidence: { alerts: 2, rules: 'rate, error_rate', began_with: 'rate' },
      startedAt: midnight,
    })
    expect(second?.title).toBe('3 alerts within 1m: error rate 14 %; rate is odd and 1 more')
    expect(last?.alerts?.map(({ id, state }) => [id, state])).toEqual([
      ['rate firing 0', 'resolved'],
      ['error_rate firing 0.2', 'resolved'],
      ['new_pattern firing 1', 'resolved'],
    ])
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(3)
  })

  it('sends an alert that stays alone as it is', async () => {
    const single = alert({ at: 0 })
    const connector = correlating()
    await connector.feed([single, alert({ at: 3, since: 0, end: true })])
    expect(await connector.finish()).toEqual([single, alert({ at: 3, since: 0, end: true })])
  })

  it('sends both the beginning and the end of one that is over before others could have come', async () => {
    expect(brief(await correlated({}, { at: 0 }, { at: 0.3, since: 0, end: true }))).toEqual([
      ['rate', 'firing', 'warning', 0, 1],
      ['rate', 'resolved', 'warning', 0.3, 1],
    ])
  })

  it('ends what was sent alone before it became part of an incident', async () => {
    const alerts = await correlated(
      {},
      ...[{ at: 0 }, { at: 2, rule: 'b' }, { at: 3, since: 0, end: true }, { at: 4, rule: 'b', since: 2, end: true }],
    )
    expect(brief(alerts)).toEqual([
      ['rate', 'firing', 'warning', 0, 1],
      ['correlation', 'firing', 'warning', 2, 2],
      ['rate', 'resolved', 'warning', 3, 1],
      ['correlation', 'resolved', 'warning', 4, 2],
    ])
  })

  it('says at once that an incident gets worse', async () => {
    const alerts = await correlated({}, { at: 0 }, { at: 0.1, rule: 'b' }, { at: 2, rule: 'c', severity: 'critical' })
    expect(brief(alerts)).toEqual([
      ['correlation', 'firing', 'warning', 0.5, 2],
      ['correlation', 'firing', 'critical', 2, 3],
    ])
  })

  it('puts alerts together that share labels, and keeps those apart that come later', async () => {
    const of = (service: string) => ({ group: { 'resource.service.name': service }, fingerprint: `${service}` })
    const alerts = await correlated(
      { group_by: ['service.name'] },
      { at: 0, ...of('shop') },
      { at: 0.1, rule: 'b', group: of('shop').group },
      { at: 0.1, rule: 'rate/mail', ...of('mail') },
      { at: 6, rule: 'c', group: of('shop').group },
    )
    expect(alerts.map(({ title, group }) => [title, group])).toEqual([
      ['shop: 2 alerts within 6s: rate is odd; b is odd', { 'service.name': 'shop' }],
      ['rate/mail is odd', { 'resource.service.name': 'mail' }],
      ['c is odd', { 'resource.service.name': 'shop' }],
    ])
  })

  it('keeps the alerts themselves where that is wanted', async () => {
    expect(brief(await correlated({ keep_alerts: true }, { at: 0 }, { at: 0.1, rule: 'b' }))).toEqual([
      ['rate', 'firing', 'warning', 0, 1],
      ['b', 'firing', 'warning', 0.1, 1],
      ['correlation', 'firing', 'warning', 0.5, 2],
    ])
  })

  it('does not wait for the next alert while it runs live', async () => {
    const clock = new TestClock(midnight)
    const connector = correlating({}, { once: false, clock })
    await connector.feed([alert({ at: 0 })])
    expect(connector.out()).toEqual([])
    await clock.advance(45_000)
    expect(brief(connector.out())).toEqual([['rate', 'firing', 'warning', 0, 1]])
  })
})

describe('what need not be said', () => {
  it('is an alert that another one explains, until that is over', async () => {
    const inhibit = [{ source: 'rule == down', target: 'rule == slow', equal: ['host'] }]
    const on = (host: string) => ({ group: { 'attributes.host': host } })
    const alerts = await correlated(
      { inhibit, window: '1s' },
      { at: 0, rule: 'down', ...on('a') },
      { at: 1, rule: 'slow', ...on('a') },
      { at: 2, rule: 'slow', fingerprint: 'other', ...on('b') },
      { at: 10, rule: 'down', since: 0, end: true, ...on('a') },
    )
    expect(
      alerts.map(({ rule, group, state, time }) => [rule, group['attributes.host'], state, (time - midnight) / minute]),
    ).toEqual([
      ['down', 'a', 'firing', 0],
      ['slow', 'b', 'firing', 2],
      ['down', 'a', 'resolved', 10],
      ['slow', 'a', 'firing', 10],
    ])
  })

  it('is nothing at all of two that would explain each other but the second', async () => {
    const connector = correlating({ inhibit: [{ source: 'any', target: 'any' }], window: '1s' })
    await connector.feed([alert({ at: 0, rule: 'any' }), alert({ at: 1, rule: 'any', fingerprint: 'second' })])
    expect((await connector.finish()).map(({ fingerprint }) => fingerprint)).toEqual(['any'])
  })

  it('is what happens during a maintenance, unless it goes on after that', async () => {
    const maintenance = [{ name: 'update', start: '23:30', end: '00:10', days: ['sun'], time_zone: 'UTC' }]
    const alerts = await correlated(
      { maintenance, window: '1s' },
      ...[
        { at: -20, rule: 'short' },
        { at: -15, rule: 'short', since: -20, end: true },
      ],
      ...[
        { at: 5, rule: 'long' },
        { at: 30, rule: 'later' },
      ],
    )
    expect(brief(alerts)).toEqual([
      ['long', 'firing', 'warning', 10, 1],
      ['later', 'firing', 'warning', 30, 1],
    ])
  })

  it('knows the time of day of a zone, and windows that happen once', async () => {
    const zoned = [{ start: '01:00', end: '02:00', time_zone: 'Europe/Berlin' }]
    expect(await correlated({ maintenance: zoned }, { at: 30 })).toEqual([])
    expect((await correlated({ maintenance: zoned }, { at: 61 })).length).toBe(1)
    const once = [{ from: '2026-01-05T00:00:00Z', to: '2026-01-05T01:00:00Z', where: 'rule == rate' }]
    expect(brief(await correlated({ maintenance: once }, { at: 10 }, { at: 11, rule: 'b' }))).toEqual([
      ['b', 'firing', 'warning', 11, 1],
    ])
  })

  it('is that an alert comes and goes, over and over', async () => {
    const flaps = Array.from({ length: 8 }, (_, index) => [
      { at: index * 4, since: index * 4 },
      { at: index * 4 + 2, since: index * 4, end: true },
    ]).flat()
    const connector = correlating({ window: '1s', flapping: { changes: 3, within: '30m' } })
    await connector.feed([...flaps, { at: 90, rule: 'b' }].map(alert))
    const alerts = (await connector.finish()).filter(({ rule }) => rule === 'rate')
    expect(alerts.map(({ state, time, title }) => [state, (time - midnight) / minute, title]).slice(6)).toEqual([
      ['firing', 12, 'rate is odd (comes and goes: 4 times in 30m)'],
      ['resolved', 60, 'rate is odd'],
    ])
    expect(connector.services.meter.total('weir_connector_correlation_quiet_alerts')).toBe(9)
  })

  it('never is the end of something that was said, nor the end of something that was not', async () => {
    const step = fc.record({ rule: fc.constantFrom('a', 'b', 'down', 'slow'), after: fc.nat(400) })
    const config = {
      inhibit: [{ source: 'rule == down', target: 'rule == slow' }],
      maintenance: [{ start: '00:05', end: '00:20' }],
      flapping: { changes: 2, within: '20m' },
      window: '3m',
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (steps, size) => {
          const since = new Map<string, number>()
          let at = 0
          const given = steps.map(({ rule, after }) => {
            at += after / 60
            const begun = since.get(rule)
            since.delete(rule)
            if (begun === undefined) since.set(rule, at)
            return alert({ rule, at, since: begun ?? at, end: begun !== undefined })
          })
          const whole = correlating(config)
          await whole.feed(given)
          const expected = await whole.finish()
          const firing = new Set<string>()
          for (const { fingerprint, state } of expected) {
            if (state === 'firing') firing.add(fingerprint)
            else expect(firing.delete(fingerprint)).toBe(true)
          }
          const parts = correlating(config)
          for (let from = 0; from < given.length; from += size) {
            await parts.feed(given.slice(from, from + size))
            await parts.restart()
          }
          expect(await parts.finish()).toEqual(expected)
        },
      ),
      { numRuns: 150 },
    )
  })
})

it('gives alerts the severity of the first rule that fits', async () => {
  const severity = [
    { where: 'rule == rate', severity: 'critical' },
    { where: 'rule == rate', severity: 'info' },
  ]
  expect((await correlated({ severity }, { at: 0 }, { at: 20, rule: 'b' })).map((one) => one.severity)).toEqual([
    'critical',
    'warning',
  ])
})

it('lets records pass that are no alerts', async () => {
  const connector = correlating()
  const services = connector.services
  const component = createComponent(correlation, {}, services)
  await component.export(batchOf(['a note']), { abortSignal })
  expect(services.connectorOutput.batches.flatMap(plainRecords).map(({ body }) => body)).toEqual(['a note'])
})

it.each([
  [{ start: '22:00' }, [], 'no beginning or no end'],
  [{ from: '2026-01-02', to: '2026-01-01' }, ['to'], 'ends before it begins'],
])('says what is wrong with the window %o', (maintenance, key, message) => {
  expect(() => correlating({ maintenance: [{ start: '22:00', end: '23:00' }, maintenance] })).toThrow(
    expect.objectContaining({
      code: 'WEIR_CORRELATION_CONFIG',
      message: expect.stringContaining(message),
      configPath: ['maintenance', 1, ...key],
    }),
  )
})

describe('contract', () => {
  for (const { name, run } of exporterContract(correlation, {})) it(name, run)
})
