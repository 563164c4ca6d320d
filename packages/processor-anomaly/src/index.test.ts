import { type Definition, type Detector, isDefinition } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import definitions from './index.ts'
import { hosting } from './testing/hosting.ts'
import { inOrder, type Line, midnight, minute, quiet, repeated, thinned } from './testing/traffic.ts'

const detectors = Object.fromEntries(
  definitions
    .filter((definition): definition is Definition<'detector', Detector> => definition.kind === 'detector')
    .filter(({ type }) => ['rate', 'error_rate', 'new_pattern'].includes(type))
    .map((definition) => [definition.type, [definition] as const]),
)
const run = async (lines: readonly Line[]) => {
  const host = hosting({ detectors })
  await host.feed(lines)
  return host.finish()
}
const hour = 60 * minute

it('exports definitions', () => {
  expect(definitions.every(isDefinition)).toBe(true)
  expect(definitions.map(({ type }) => type)).toEqual([
    'anomaly',
    'rate',
    'error_rate',
    'new_pattern',
    'missing_pattern',
    'pattern',
    'threshold',
    'series',
    'cardinality',
    'sequence',
    'distribution',
    'template',
    'templates',
  ])
})

describe('without any settings', () => {
  it('finds a burst of errors, a new message and a drop in a day of traffic, and nothing else', async () => {
    const burst = midnight + 10 * hour
    const news = midnight + 13 * hour
    const drop = midnight + 16 * hour
    for (const seed of [21, 22, 23]) {
      const day = quiet({ seed, minutes: 24 * 60, perMinute: 40 })
      const lines = inOrder([
        ...thinned(day, drop, drop + 10 * minute, 15),
        ...repeated('mail to user 99 failed: mailbox busy', 60, burst, burst + 4 * minute, 17),
        ...repeated('certificate of api.example.com expires in 3 days', 2, news, news + minute),
      ])
      const alerts = await run(lines)
      expect([...new Set(alerts.map(({ rule, state }) => `${rule} ${state}`))]).toEqual([
        'error_rate firing',
        'error_rate resolved',
        'new_pattern firing',
        'new_pattern resolved',
        'rate firing',
        'rate resolved',
      ])
      expect(alerts.findLast(({ rule }) => rule === 'error_rate')?.severity).toBe('critical')
      const of = (name: string) => alerts.find(({ rule }) => rule === name)
      const [errors, message, fall] = ['error_rate', 'new_pattern', 'rate'].map(of)
      for (const [alert, at] of [
        [errors, burst],
        [message, news],
        [fall, drop],
      ] as const) {
        expect(alert?.time).toBeGreaterThanOrEqual(at)
        expect(alert?.time).toBeLessThanOrEqual(at + minute)
      }
    }
  })

  it('says nothing about weeks without incidents, busy or quiet', async () => {
    for (const [seed, perMinute, errors] of [
      [31, 12, 0.01],
      [32, 3, 0.05],
      [33, 10, 0],
    ] as const) {
      expect(await run(quiet({ seed, minutes: 7 * 24 * 60, perMinute, errors }))).toEqual([])
    }
  })
})
