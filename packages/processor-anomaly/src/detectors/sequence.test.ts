import { detectorContract, detectorHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { sequence } from './sequence.ts'

const start = Date.UTC(2026, 0, 1)
const second = 1000
const line = (at: number, request: string, body: string) => ({
  time: start + at * second,
  attributes: { request },
  body: `${body} ${request}`,
})
const words = ['order received', 'card charged', 'parcel sent']
/** One order each ten seconds, two seconds between its steps. */
const orders = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) =>
    words.map((body, step) => line((from + n) * 10 + step * 2, `r${from + n}`, body)),
  ).flat()
const flow = {
  session: 'attributes.request',
  within: '1m',
  steps: [
    { name: 'received', pattern: '^order received' },
    { name: 'charged', pattern: '^card charged' },
    { name: 'sent', pattern: '^parcel sent' },
  ],
}
const learning = { session: 'attributes.request', warmup: '1m', warmup_records: 100 }
const run = (config: object, inputs: ReturnType<typeof orders>) => {
  const harness = detectorHarness(sequence, { config })
  harness.feed([...inputs])
  return harness.advance(Math.max(...inputs.map(({ time }) => time)) + 300 * second).alerts
}

describe('sequence', () => {
  it('reports a step that was left out, and one that does not come', () => {
    const odd = [line(200, 'x', 'order received'), line(201, 'x', 'parcel sent')]
    const cut = [line(300, 'y', 'order received'), line(301, 'y', 'card charged')]
    expect(run(flow, [...orders(20), ...odd, ...cut])).toMatchObject([
      {
        title: 'step "charged" was left out',
        time: start + 201 * second,
        evidence: { request: 'x', after: 'received' },
        samples: ['parcel sent x'],
      },
      { title: 'step "sent" has not come within 1m', evidence: { request: 'y', after: 'charged' } },
    ])
  })

  it('says nothing about what is in order, comes twice, or began before anyone looked', () => {
    const twice = [line(300, 'z', 'order received'), line(301, 'z', 'order received'), line(302, 'z', 'card charged')]
    const rest = [line(303, 'z', 'card charged'), line(304, 'z', 'parcel sent'), line(305, 'old', 'parcel sent')]
    expect(run(flow, [...orders(20), ...twice, ...rest])).toEqual([])
  })

  it('learns the order of messages, and reports one that was never seen, once', () => {
    const odd = ['r901', 'r902'].flatMap((name, n) => [
      line(1000 + n, name, 'order received'),
      line(1001 + n, name, 'parcel sent'),
    ])
    expect(run(learning, orders(200))).toEqual([])
    expect(run(learning, [...orders(90), ...odd])).toMatchObject([
      {
        title: expect.stringMatching(/^new order of messages: parcel sent/),
        observed: expect.stringMatching(/^after: order received/),
        evidence: { request: 'r901' },
      },
    ])
  })
})

describe('contract', () => {
  const odd = [
    line(1000, 'r901', 'order received'),
    line(1001, 'r901', 'parcel sent'),
    line(1200, 'r902', 'order received'),
  ]
  for (const [name, config] of [
    ['flow', flow],
    ['learning', learning],
  ] as const) {
    const inputs = [...orders(90), ...odd]
    for (const { name: what, run: check } of detectorContract(sequence, { inputs, config }))
      it(`${name}: ${what}`, check)
  }
})
