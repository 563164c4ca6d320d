import { type Alert, type Detector, defineDetector } from '@weir/sdk'
import { batchOf, CollectingOutput, MemoryState, TestClock } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { errorRate } from '../detectors/error-rate.ts'
import { pattern } from '../detectors/pattern.ts'
import { rate } from '../detectors/rate.ts'
import { threshold } from '../detectors/threshold.ts'
import { hosting } from '../testing/hosting.ts'
import { inOrder, midnight, minute, quiet, random, repeated, thinned } from '../testing/traffic.ts'

/** Detectors made for a test. */
const detector = (create: () => Detector) => defineDetector({ type: 'probe', description: 'A probe', create })
const event = (after: number, body = 'boom') => ({ time: midnight + after, body })
const booms = { patterns: ['boom'] }
const brief = (alerts: readonly Alert[]) =>
  alerts.map(({ state, time, count }) => [state, (time - midnight) / minute, count])

describe('event time', () => {
  const seen = () => {
    const calls: (number | string)[] = []
    const probe = detector(() => ({
      observe: (record) => void calls.push(String(record.body)),
      advance: (watermark) => void calls.push(watermark - midnight),
    }))
    return { calls, probe }
  }

  it('moves the watermark at the same records whatever the batches, a second at a time, late by what is allowed', async () => {
    const inputs = [event(0, 'a'), event(900, 'b'), event(1100, 'c'), event(700, 'late'), event(6500, 'd')]
    for (const size of [1, 2, 5]) {
      const { calls, probe } = seen()
      await hosting({ detectors: { probe: [probe, { allowed_lateness: '2s' }] } }).feed(inputs, size)
      expect(calls).toEqual(['a', 'b', -1000, 'c', 'late', 4000, 'd'])
    }
  })

  it('waits for the source that is behind, until it is silent', async () => {
    const { calls, probe } = seen()
    const host = hosting({ detectors: { probe: [probe, { allowed_lateness: '0' }] }, once: false })
    await host.feed([event(0, 'a')], 10, 'a')
    await host.feed([event(500, 'b'), event(60_000, 'b')], 10, 'b')
    await host.feed([event(3000, 'a')], 10, 'a')
    expect(calls).toEqual(['a', 'b', 'b', 3000, 'a'])
    await host.services.clock.advance(8000)
    await host.feed([event(61_000, 'b')], 10, 'b')
    await host.services.clock.advance(4000)
    expect(calls.slice(5)).toEqual(['b', 61_000])
  })

  it('follows the wall clock while everything is silent, but not in a run that reads to the end', async () => {
    for (const once of [false, true]) {
      const { calls, probe } = seen()
      const host = hosting({ detectors: { probe: [probe, { allowed_lateness: '0' }] }, once })
      await host.feed([event(0, 'a')])
      await host.services.clock.advance(60_000)
      expect(calls.at(-1)).toEqual(once ? 'a' : 50_000)
    }
  })

  it('notices that a live source has gone silent', async () => {
    const host = hosting({ detectors: { rate: [rate] }, once: false, services: { clock: new TestClock(midnight) } })
    await host.feed(quiet({ seed: 1, minutes: 20 }))
    await host.services.clock.advance(3 * minute)
    expect(host.alerts.map(({ key, severity }) => [key, severity])).toEqual([
      ['drop', 'warning'],
      ['drop', 'critical'],
    ])
  })

  it('gives a record without a time that of the record before it, or else the time at which it was seen', async () => {
    const times: number[] = []
    const probe = detector(() => ({ observe: (record) => void times.push(record.time - midnight) }))
    const host = hosting({ detectors: { probe: [probe] } })
    await host.feed([{ body: 'x' }, event(5000), { body: 'at stack (frame)' }])
    await host.feed([{ body: 'at main' }])
    expect(times).toEqual([5000, 5000, 5000, 5000])
    await host.feed([{ body: 'no times at all' }], 1, 'other')
    expect(times.at(-1)).toBe(host.services.clock.now() - midnight)
  })

  it('counts records that are too late', async () => {
    const host = hosting({ detectors: { pattern: [pattern, { ...booms, allowed_lateness: '2s' }] } })
    await host.feed([event(0), event(20_000), event(19_000), event(10_000), event(17_000)])
    expect(host.services.meter.total('weir_detector_late_records')).toBe(2)
  })

  it('puts records that are too late in no window', async () => {
    const four = Array.from({ length: 4 }, () => event(30_000))
    const alerts = async (...inputs: ReturnType<typeof event>[]) => {
      const settings = { above: 5, window: '6s', allowed_lateness: '2s' }
      const host = hosting({ detectors: { threshold: [threshold, settings] } })
      await host.feed([event(0), ...inputs, event(120_000)])
      return host.alerts.map(({ key, state }) => [key, state])
    }
    expect(await alerts(...four, ...four, event(60_000))).toEqual([
      ['above', 'firing'],
      ['above', 'resolved'],
    ])
    expect(await alerts(...four, event(60_000), ...four)).toEqual([])
  })

  it('does not let one wrong date close all windows', async () => {
    const { calls, probe } = seen()
    const host = hosting({ detectors: { probe: [probe, { allowed_lateness: '0' }] } })
    const year = 365 * 86_400_000
    await host.feed([event(0, 'a'), event(year, 'wrong'), event(2000, 'b')])
    expect(calls).toEqual(['a', 'wrong', 2000, 'b'])
    await host.feed([event(year, 'right'), event(year + 1, 'right')])
    expect(calls.slice(4)).toEqual(['right', year, 'right'])
  })
})

describe('a clock that was wrong', () => {
  const year = 365 * 86_400_000
  const bogus = [event(year, 'wrong'), event(year + 1, 'wrong')]

  it('does not blind the detectors for good', async () => {
    for (const size of [1000, 333]) {
      const host = hosting({ detectors: { rate: [rate] } })
      const at = midnight + 300 * minute
      await host.feed(bogus)
      await host.feed(
        inOrder([...quiet({ seed: 4, minutes: 400, perMinute: 60 }), ...repeated('x', 600, at, at + minute)]),
        size,
      )
      expect((await host.finish()).map(({ key, state }) => [key, state])).toEqual([
        ['spike', 'firing'],
        ['spike', 'resolved'],
      ])
      expect(host.services.logger.lines).toMatchObject([{ level: 'warn', fields: { source: 'a' } }])
    }
  })

  it('does not make the detectors forget as long as another source is right', async () => {
    const host = hosting({ detectors: { rate: [rate] } })
    const old = repeated('x', 15_000, midnight - 10 * 60 * minute, midnight - 9 * 60 * minute)
    const now = quiet({ seed: 4, minutes: 60 })
    await host.feed(now.slice(0, 500), 100)
    for (let index = 0; index < 15; index++) {
      await host.feed(old.slice(index * 1000, index * 1000 + 1000), 1000, 'old')
      await host.feed(now.slice(500 + index * 100, 600 + index * 100))
    }
    expect(host.services.logger.lines).toEqual([])
    expect(host.services.meter.total('weir_detector_late_records')).toBe(15_000)
  })
})

describe('alerts', () => {
  const run = async (config: object, ...times: number[]) => {
    const host = hosting({ detectors: { 'pattern/boom': [pattern, { ...booms, ...config }] } })
    await host.feed(times.map((time) => event(time * minute)))
    return host.finish()
  }

  it('sends the first of several, counts the rest, and says when it is over', async () => {
    const alerts = await run({}, 0, 1, 2, 3)
    expect(brief(alerts)).toEqual([['firing', 0, 1]])
    expect(alerts[0]).toMatchObject({ rule: 'pattern/boom', key: 'boom', group: {}, samples: ['boom'] })
    const later = hosting({ detectors: { 'pattern/boom': [pattern, booms] } })
    await later.feed([event(0), event(minute), event(minute * 2), event(30 * minute, 'fine')])
    expect(brief(later.alerts)).toEqual([
      ['firing', 0, 1],
      ['resolved', 12, 3],
    ])
  })

  it('says again what goes on after the cool-down', async () => {
    expect(brief(await run({}, 0, 6, 12, 13))).toEqual([
      ['firing', 0, 1],
      ['firing', 12, 3],
    ])
  })

  it('holds an alert back that comes again within the cool-down, unless it stays', async () => {
    const flapping = { cooldown: '10m', resolve_after: '1m' }
    expect(brief(await run(flapping, 0, 3, 5, 20))).toEqual([
      ['firing', 0, 1],
      ['resolved', 1, 1],
      ['firing', 20, 1],
    ])
    const staying = Array.from({ length: 40 }, (_, index) => 3 + index / 4)
    expect(brief(await run(flapping, 0, ...staying)).slice(0, 3)).toEqual([
      ['firing', 0, 1],
      ['resolved', 1, 1],
      ['firing', 10, 29],
    ])
  })

  it('has a fingerprint for the alert and an id for each thing that is said about it', async () => {
    const alerts = await run({ resolve_after: '1m', cooldown: '0' }, 0, 5, 20)
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length)
    expect(await run({ resolve_after: '1m', cooldown: '0' }, 0, 5, 20)).toEqual(alerts)
  })

  it('takes the severity from the config, and counts alerts', async () => {
    const host = hosting({ detectors: { pattern: [pattern, { ...booms, severity: 'critical' }] } })
    await host.feed([event(0)])
    expect(host.alerts).toMatchObject([{ severity: 'critical' }])
    await host.feed([event(30 * minute - 1), event(32 * minute)])
    expect(brief(host.alerts).map(([state]) => state)).toEqual(['firing', 'resolved', 'firing'])
    expect(host.services.meter.total('weir_detector_alerts')).toBe(2)
    expect(host.services.connectorOutput.batches[0]?.signal).toBe('alerts')
  })
})

describe('groups', () => {
  const from = (host: string, after: number) => ({ ...event(after), attributes: { host } })

  it('has an alert for each group', async () => {
    const host = hosting({ detectors: { pattern: [pattern, { ...booms, group_by: ['attributes.host'] }] } })
    await host.feed([from('a', 0), from('b', 1), from('a', 2), event(3)])
    expect(host.alerts.map(({ group }) => ({ ...group }))).toEqual([
      { 'attributes.host': 'a' },
      { 'attributes.host': 'b' },
      { 'attributes.host': null },
    ])
  })

  it('forgets the group that was not seen for longest, and resolves what it had reported', async () => {
    let made = 0
    const counting = detector(() => {
      made++
      return {
        observe: (record, report) => report({ title: 'seen', severity: 'info', time: record.time, resolves: true }),
      }
    })
    const host = hosting({ detectors: { probe: [counting, { group_by: ['attributes.host'], max_groups: 2 }] } })
    await host.feed([from('a', 0), from('b', 1), from('a', 2), from('c', 3), from('a', 4)])
    expect(made).toBe(3)
    expect(host.alerts.filter(({ state }) => state === 'resolved')).toMatchObject([
      { group: { 'attributes.host': 'b' } },
    ])
  })

  it('shows a detector only what meets its condition', async () => {
    const seen: string[] = []
    const probe = detector(() => ({ observe: (record) => void seen.push(String(record.body)) }))
    const host = hosting({
      detectors: { probe: [probe, { where: 'even' }], other: [pattern, booms] },
      conditions: { even: (record) => Number(record.body) % 2 === 0 },
    })
    await host.feed(
      Array.from({ length: 10 }, (_, index) => event(index * 700, String(index))),
      4,
    )
    expect(seen).toEqual(['0', '2', '4', '6', '8'])
  })
})

describe('restart', () => {
  const at = midnight + 30 * minute
  const lines = thinned(
    inOrder([...quiet({ seed: 7, minutes: 75, perMinute: 60 }), ...repeated('boom', 150, at, at + 3 * minute, 17)]),
    midnight + 50 * minute,
    midnight + 55 * minute,
    20,
  )
  const next = random(3)
  // Out of order by up to four seconds, as several writers make it.
  const jumbled = [...lines]
    .map((line) => ({ line, at: line.time + next() * 4000 }))
    .sort((one, other) => one.at - other.at)
  const inputs = jumbled.map(({ line }) => line)
  const detectors = { rate: [rate], error_rate: [errorRate], pattern: [pattern, booms] } as const

  const whole = async (size: number) => {
    const host = hosting({ detectors })
    await host.feed(inputs, size)
    return host.finish()
  }

  it('gives the same alerts whatever the sizes of the batches, live or read from a file', async () => {
    const alerts = await whole(1000)
    expect(alerts.length).toBeGreaterThan(5)
    expect(await whole(1)).toEqual(alerts)
    expect(await whole(7)).toEqual(alerts)
    const live = hosting({ detectors, once: false })
    await live.feed(inputs, 13)
    const ids = live.alerts.map(({ id }) => id)
    expect(ids).toEqual(alerts.map(({ id }) => id).slice(0, ids.length))
  })

  it('gives the same alerts when it is stopped and started at any batch', async () => {
    const ids = (await whole(100)).map(({ id }) => id)
    for (let cut = 100; cut < inputs.length; cut += 700) {
      const host = hosting({ detectors })
      await host.feed(inputs.slice(0, cut), 100)
      await host.restart()
      await host.feed(inputs.slice(cut), 100)
      expect((await host.finish()).map(({ id }) => id)).toEqual(ids)
    }
  })

  it('warns about state that it cannot use, and starts with none', async () => {
    for (const broken of [
      'nonsense',
      { version: 99 },
      { version: 1, detectors: { pattern: 7, rate: { config: '{}' } } },
    ]) {
      const state = new MemoryState()
      state.set('detectors', broken)
      const host = hosting({ detectors, services: { state } })
      await host.feed([event(0)])
      expect(host.alerts).toHaveLength(1)
      expect(host.services.logger.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
    }
  })

  it('learns anew when the config of a detector has changed, and ends what the old one had reported', async () => {
    const state = new MemoryState()
    const before = hosting({ detectors: { pattern: [pattern, booms] }, services: { state } })
    await before.feed([event(0)])
    await before.finish()
    const after = hosting({
      detectors: { pattern: [pattern, { ...booms, window: '2m' }] },
      services: { state, connectorOutput: new CollectingOutput() },
    })
    await after.feed([event(1)])
    expect(brief(after.alerts).map(([state]) => state)).toEqual(['resolved', 'firing'])
    expect(after.alerts[0]?.fingerprint).toBe(before.alerts[0]?.fingerprint)
  })

  it('leaves no timer behind', async () => {
    const host = hosting({ detectors, once: false })
    await host.feed(inputs.slice(0, 10))
    await host.finish()
    expect(host.services.clock.pending).toBe(0)
  })
})

it('goes on when a detector throws, and says so', async () => {
  const broken = detector(() => ({
    observe() {
      throw new Error('broken')
    },
  }))
  const host = hosting({ detectors: { probe: [broken], pattern: [pattern, booms] } })
  const batch = batchOf([event(0)])
  expect(await host.process(batch)).toBe(batch)
  expect(host.alerts).toHaveLength(1)
  expect(host.services.meter.total('weir_detector_errors')).toBe(1)
  expect(host.services.logger.lines).toMatchObject([{ level: 'error', fields: { detector: 'probe', error: 'broken' } }])
})
