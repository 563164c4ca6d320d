import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { series } from './series.ts'

const start = Date.UTC(2026, 0, 1)
const second = 1000
const minute = 60 * second
/** One record a minute with this value; none where it is missing. */
const gauge = (values: readonly (number | string | undefined)[]) =>
  values.flatMap((value, index) =>
    value === undefined ? [] : [{ time: start + index * minute, attributes: { value } }],
  )
const wave = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => 50 + 10 * Math.sin((from + index) / 3) + ((from + index) % 7))
const run = (config: object, inputs: readonly { time: number }[]) => {
  const harness = detectorHarness(series, { config })
  harness.feed([...inputs])
  return harness.advance(Math.max(...inputs.map(({ time }) => time)) + 2 * minute).alerts
}
const ofValue = { field: 'attributes.value', interval: '1m' }

describe('series', () => {
  it('reports one event once, and says what was seen, what is usual, and why', () => {
    const alerts = run(ofValue, gauge([...wave(400), 400, 390, 395, ...wave(100, 403)]))
    expect(alerts).toMatchObject([{ key: 'above', observed: 400, severity: 'warning' }])
    const [alert] = alerts
    expect(alert?.title).toMatch(/^mean of value is 400 over 1m \(usually \d+(\.\d+)?\)$/)
    expect(alert?.evidence).toMatchObject({ reason: 'beyond the range so far', points_before: 400 })
    expect(alert?.evidence?.last_points).toMatch(/^[▁▂▃▄▅▆▇]{31}█$/)
    expect(alert?.score).toBeGreaterThan(0.95)
  })

  it('says nothing about what goes on as ever, nor about what is too little to matter', () => {
    expect(run(ofValue, gauge(wave(2000)))).toEqual([])
    const steady = gauge([...Array.from({ length: 500 }, () => 42), 42.001])
    expect(run(ofValue, steady)).toMatchObject([{ observed: 42, key: 'above' }])
    expect(run({ ...ofValue, min_change: 1 }, steady)).toEqual([])
  })

  it('takes what is missing as missing in a gauge, and as nothing in a count', () => {
    const values = wave(600).map((value, index) => (index % 50 < 10 ? undefined : value))
    expect(run(ofValue, gauge(values))).toEqual([])
    const steady = Array.from({ length: 3000 }, (_, index) => ({ time: start + index * 10 * second }))
    const inputs = [...steady, { time: start + 3000 * 10 * second + 20 * minute }]
    expect(run({ interval: '1m' }, inputs)).toMatchObject([{ key: 'below', observed: 0, expected: 6 }])
  })

  it('looks at the increase of a counter, and is not misled when it begins again', () => {
    let total = 1_000_000
    const values = wave(800).map((value, index) => {
      total = index === 500 ? value : total + value
      return total
    })
    expect(run({ ...ofValue, counter: true }, gauge(values))).toEqual([])
    const gappy = values.map((value, index) => (index % 90 > 80 ? undefined : value))
    expect(run({ ...ofValue, counter: true }, gauge(gappy))).toEqual([])
    const stuck = values.map((value, index) => (index > 790 ? (values[790] ?? 0) : value))
    expect(run({ ...ofValue, counter: true }, gauge(stuck))).toMatchObject([{ key: 'below', observed: 0 }])
  })

  it('reads numbers written as text and leaves out what is none', () => {
    const odd = wave(400).map((value, index) => (index % 3 === 0 ? 'n/a' : String(value)))
    expect(run(ofValue, gauge([...odd, '900']))).toMatchObject([{ observed: 900 }])
  })

  it('tells the operator what is missing', () => {
    expect(() => detectorHarness(series, { config: { aggregate: 'mean' } })).toThrow(
      expect.objectContaining({ code: 'WEIR_DETECTOR_CONFIG', configPath: ['aggregate'] }),
    )
    expect(() => detectorHarness(series, { config: { counter: true } })).toThrow(
      expect.objectContaining({ message: 'a counter needs a field', configPath: ['counter'] }),
    )
  })
})

describe('contract', () => {
  const inputs = gauge([...wave(150), 400, 400, ...wave(60)])
  for (const config of [
    { ...ofValue, warmup: 20, refractory: 5 },
    { ...ofValue, counter: true, aggregate: 'max', warmup: 20, refractory: 5 },
  ]) {
    for (const { name, run: check } of detectorContract(series, { inputs, config })) {
      it(`${name}: ${JSON.stringify(config)}`, check)
    }
  }
})
