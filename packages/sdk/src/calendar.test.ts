import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochOf } from './calendar.ts'

describe('epochOf', () => {
  it('counts as Date.UTC does, for every time that there is', () => {
    const time = fc.date({
      min: new Date(Date.UTC(100, 0)),
      max: new Date(Date.UTC(9999, 11, 31)),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(time, (date) => {
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
        const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()] as const
        expect(epochOf(year, month, day, ...clock)).toBe(Math.floor(date.getTime() / 1000) * 1000)
      }),
    )
  })

  it('knows leap years, and takes a leap second for the second after it', () => {
    expect(epochOf(2000, 2, 29, 0, 0, 0)).toBe(Date.UTC(2000, 1, 29))
    expect(epochOf(2016, 12, 31, 23, 59, 60)).toBe(Date.UTC(2017, 0, 1))
  })

  it.each([
    [1900, 2, 29, 0, 0, 0],
    [2026, 2, 29, 0, 0, 0],
    [2026, 4, 31, 0, 0, 0],
    [2026, 13, 1, 0, 0, 0],
    [2026, 0, 1, 0, 0, 0],
    [2026, 1, 0, 0, 0, 0],
    [2026, 1, 1, 24, 0, 0],
    [2026, 1, 1, 0, 60, 0],
    [2026, 1, 1, 0, 0, 61],
    [Number.NaN, 1, 1, 0, 0, 0],
  ])('knows no %i-%i-%i %i:%i:%i', (...parts) => expect(epochOf(...parts)).toBeNaN())
})
