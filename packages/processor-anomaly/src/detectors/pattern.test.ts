import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { pattern } from './pattern.ts'

const lines = (...bodies: string[]) => bodies.map((body, second) => ({ time: second * 1000, body }))
const run = (config: object, ...bodies: string[]) => detectorHarness(pattern, { config }).feed(lines(...bodies)).alerts

describe('pattern', () => {
  it('reports every match, under the pattern that matched', () => {
    const alerts = run(
      { patterns: ['out of memory', 'seg(fault|violation)'] },
      'ok',
      'java: out of memory',
      'segfault at 0',
    )
    expect(alerts.map(({ key, samples, time }) => [key, samples, time])).toEqual([
      ['out of memory', ['java: out of memory'], 1000],
      ['seg(fault|violation)', ['segfault at 0'], 2000],
    ])
  })

  it('keeps groups apart that have the same number or name', () => {
    const patterns = ['(?<word>a)b', '(?<word>c)d', '(x)\\1', '(y)z']
    expect(run({ patterns }, 'ab', 'cd', 'xx', 'yz', 'xy').map(({ key }) => key)).toEqual(patterns)
  })

  it('waits for so many matches within the window', () => {
    const config = { patterns: ['denied'], threshold: 3, window: '10s' }
    expect(run(config, 'denied', 'denied', 'fine', 'fine')).toEqual([])
    expect(run(config, 'denied', 'fine', 'denied', 'denied')).toMatchObject([
      { observed: 3, windowStart: 0, windowEnd: 3000 },
    ])
    const harness = detectorHarness(pattern, { config })
    expect(harness.feed([0, 6000, 12_000, 18_000].map((time) => ({ time, body: 'denied' }))).alerts).toEqual([])
  })

  it('searches another field, in any case', () => {
    const harness = detectorHarness(pattern, {
      config: { patterns: ['BOT'], field: 'attributes.agent', ignore_case: true },
    })
    const { alerts } = harness.feed([
      { time: 0, body: 'bot' },
      { time: 1, body: '', attributes: { agent: 'a robot' } },
    ])
    expect(alerts.map(({ time }) => time)).toEqual([1])
  })

  it('refuses a pattern that is none', () => {
    expect(() => run({ patterns: ['('] })).toThrow()
  })
})

describe('contract', () => {
  const inputs = lines('a', 'error 1', 'b', 'error 2', 'error 3', 'fatal', 'error 4', 'error 5')
  const config = { patterns: ['error \\d', 'fatal'], threshold: 2, window: '3s' }
  for (const { name, run } of detectorContract(pattern, { inputs, config })) it(name, run)
})
