import { describe, expect, it } from 'vitest'
import { errorRate } from '../detectors/error-rate.ts'
import { rate } from '../detectors/rate.ts'
import { hosting } from '../testing/hosting.ts'
import { inOrder, midnight, minute, quiet, repeated } from '../testing/traffic.ts'

const at = midnight + 60 * minute
const withPaths = (lines: ReturnType<typeof quiet>, path: (index: number) => string) =>
  lines.map((line, index) => ({ ...line, attributes: { path: path(index), request: `r${index}` } }))
const usual = withPaths(quiet({ seed: 3, minutes: 80 }), (index) => `/p${index % 4}`)

async function firing(extra: typeof usual, detector: typeof rate) {
  const host = hosting({ detectors: { it: [detector] } })
  await host.feed([...usual, ...extra].sort((one, other) => one.time - other.time))
  return (await host.finish()).find(({ state }) => state === 'firing')
}

describe('an alert', () => {
  it('says which keys contribute, shows three lines, and draws what came before', async () => {
    const burst = withPaths(repeated('GET /pay', 600, at, at + 2 * minute), () => '/pay')
    const alert = await firing(burst, rate)
    expect(alert?.evidence?.contributors).toMatch(/^path \/pay \d\d % \(usually 0 %\)$/)
    expect(alert?.samples?.length).toBe(3)
    expect(alert?.evidence?.recent).toMatch(/^[▁▂▃▄▅▆▇]*█$/)
  })

  it('looks among the errors alone where it is about errors', async () => {
    const errors = withPaths(repeated('POST /pay failed', 60, at, at + 2 * minute, 17), () => '/pay')
    const alert = await firing(errors, errorRate)
    expect(alert?.samples).toEqual(expect.arrayContaining(['POST /pay failed']))
    expect(alert?.samples?.every((sample) => /failed/.test(sample))).toBe(true)
    expect(alert?.evidence?.contributors).toMatch(/path \/pay \d+ % \(usually 0 %\)/)
  })

  it('says how to see more where the collector runs on', async () => {
    const host = hosting({ detectors: { it: [rate, { group_by: ['attributes.path'] }] }, once: false })
    const burst = withPaths(repeated('GET /pay', 600, at, at + 2 * minute), () => '/p1')
    await host.feed(inOrder([...usual, ...burst]) as typeof usual)
    const [alert] = host.alerts
    expect(alert?.evidence?.see).toBe(`weir tap anomaly --where 'attributes.path == "/p1"'`)
  })
})
