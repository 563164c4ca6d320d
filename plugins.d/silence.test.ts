import { detectorContract, harness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import silence from './silence.ts'

describe('silence', () => {
  it('is reported once, and is over when logs come again', async () => {
    const detector = harness(silence, { config: { after: '1m' } })
    await detector.feed([{ time: 0 }, { time: 30_000 }])
    expect((await detector.advance(89_999)).alerts).toEqual([])
    await detector.advance(90_000)
    await detector.advance(200_000)
    expect((await detector.feed([{ time: 300_000 }])).alerts).toEqual([
      expect.objectContaining({ title: 'nothing was logged for 1m', severity: 'warning', time: 90_000 }),
      expect.objectContaining({ title: 'logs again', state: 'resolved', time: 300_000 }),
    ])
  })

  const inputs = [{ time: 0 }, { time: 600_000 }, { time: 601_000 }]
  for (const { name, run } of detectorContract(silence, { inputs })) it(name, run)
})
