import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { inOrder, midnight, minute, quiet } from '../testing/traffic.ts'
import { missingPattern } from './missing-pattern.ts'

const hour = 60 * minute
/** A message every minute from one time to another. */
const heartbeat = (from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / minute) }, (_, index) => ({
    time: from + index * minute,
    severityNumber: 9,
    body: `heartbeat ${index} of scheduler sent`,
  }))
const run = (lines: readonly { time: number }[], config: object = {}) => {
  const harness = detectorHarness(missingPattern, { config })
  harness.feed([...lines])
  return harness.advance(Math.max(...lines.map(({ time }) => time)) + 1000).alerts
}
const traffic = (minutes: number) => quiet({ seed: 3, minutes, perMinute: 60 })

describe('missing_pattern', () => {
  it('reports a heartbeat that stopped, once, and that it is back', () => {
    const end = midnight + 3 * hour
    const beats = [...heartbeat(midnight, end), ...heartbeat(end + 30 * minute, end + hour)]
    const alerts = run(inOrder([...traffic(4 * 60), ...beats]))
    expect(alerts).toMatchObject([
      {
        title: expect.stringMatching(/^message is missing for \d+m( \d+s)?: heartbeat <num> of scheduler sent$/),
        severity: 'warning',
        expected: 'at least every 1m',
        evidence: { seen_before: 180 },
        samples: ['heartbeat 0 of scheduler sent'],
        windowStart: end - minute,
      },
      { title: 'message is back: heartbeat <num> of scheduler sent', state: 'resolved', time: end + 30 * minute },
    ])
    expect(Number(alerts[0]?.time) - end).toBeLessThan(4 * minute)
  })

  it('says nothing where all is silent, about what came for a short time, or about usual traffic', () => {
    const beats = heartbeat(midnight, midnight + 3 * hour)
    const after = { time: midnight + 6 * hour, severityNumber: 9, body: 'started' }
    expect(run(inOrder([...traffic(3 * 60), ...beats, after]))).toEqual([])
    expect(run(inOrder([...traffic(4 * 60), ...heartbeat(midnight, midnight + 40 * minute)]))).toEqual([])
    expect(run(traffic(24 * 60))).toEqual([])
  })

  it('does not drown its reader where many stop together', () => {
    const beats = ['ghi', 'hij', 'klm'].flatMap((name) =>
      heartbeat(midnight, midnight + 2 * hour).map((line) => ({ ...line, body: `${name} is alive` })),
    )
    const alerts = run(inOrder([...traffic(3 * 60), ...beats]), { max_alerts: 2 })
    expect(alerts).toHaveLength(2)
  })
})

describe('contract', () => {
  const end = midnight + 10 * minute
  const beats = [...heartbeat(midnight, end), ...heartbeat(end + 8 * minute, end + 10 * minute)]
  const inputs = inOrder([...quiet({ seed: 3, minutes: 20, perMinute: 20 }), ...beats])
  const config = { warmup: '2m', min_records: 4, min_silence: '10s' }
  for (const { name, run: check } of detectorContract(missingPattern, { inputs, config })) it(name, check)
})
