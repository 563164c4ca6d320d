import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonTime } from './json-time.ts'

const textOf = (time: JsonTime, ms: number, nanoseconds = 0) =>
  time.source.bytes.toString('latin1', 0, time.set(ms, nanoseconds))

describe('the time of a JSON record', () => {
  it('is what a Date says, whatever came before', () => {
    const any = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 })
    const near = fc.integer({ min: -200_000_000, max: 200_000_000 })
    const fraction = fc.double({ min: -100_000, max: 100_000, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.oneof(any, near, fraction), { maxLength: 20 }), (times) => {
        const time = new JsonTime(',"time":"')
        for (const ms of times) expect(textOf(time, ms)).toBe(`,"time":"${new Date(Math.floor(ms)).toISOString()}"`)
      }),
    )
  })

  it('has nanoseconds where there are some, and then none again', () => {
    const time = new JsonTime(',"t":"')
    expect(textOf(time, 1, 42)).toBe(',"t":"1970-01-01T00:00:00.001000042Z"')
    expect(textOf(time, 1, 999_999)).toBe(',"t":"1970-01-01T00:00:00.001999999Z"')
    expect(textOf(time, 1)).toBe(',"t":"1970-01-01T00:00:00.001Z"')
  })

  it('is nothing for a time that no calendar has', () => {
    const time = new JsonTime(',"t":"')
    expect([Number.NaN, Number.POSITIVE_INFINITY, 1e300].map((ms) => textOf(time, ms))).toEqual(['', '', ''])
  })
})
