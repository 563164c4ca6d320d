import { describe, expect, it } from 'vitest'
import { TimeZone } from './time-zone.ts'

const at = (text: string) => Date.parse(`${text}Z`)

describe('TimeZone', () => {
  it.each([
    ['UTC', '2026-07-01T12:00', '2026-07-01T12:00'],
    ['+05:30', '2026-07-01T12:00', '2026-07-01T06:30'],
    ['-0800', '2026-07-01T12:00', '2026-07-01T20:00'],
    ['Europe/Berlin', '2026-07-01T12:00', '2026-07-01T10:00'],
    ['Europe/Berlin', '2026-12-01T12:00', '2026-12-01T11:00'],
    ['Europe/Berlin', '2026-03-29T01:59', '2026-03-29T00:59'],
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00'],
    ['America/New_York', '2026-11-01T00:59', '2026-11-01T04:59'],
    ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00'],
    ['Asia/Kathmandu', '2026-01-01T00:00', '2025-12-31T18:15'],
  ])('%s: a clock that shows %s means %s', (name, local, utc) => {
    expect(new TimeZone(name).toUtc(at(local))).toBe(at(utc))
  })

  it.each([
    ['UTC', '2026-07-01T12:00'],
    ['+05:30', '2026-07-01T12:00'],
    ['Europe/Berlin', '2026-07-01T12:00'],
    ['Europe/Berlin', '2026-03-29T00:59'],
    ['Europe/Berlin', '2026-03-29T01:00'],
    ['America/New_York', '2026-11-01T07:00'],
  ])('%s: a clock shows what means %s', (name, utc) => {
    const zone = new TimeZone(name)
    expect(zone.toUtc(zone.toLocal(at(utc)))).toBe(at(utc))
  })

  it('takes a time that the clock shows twice for one of the two', () => {
    const zone = new TimeZone('Europe/Berlin')
    expect([at('2026-10-25T00:30'), at('2026-10-25T01:30')]).toContain(zone.toUtc(at('2026-10-25T02:30')))
  })

  it('says what it knows if there is no such zone', () => {
    expect(() => new TimeZone('Europe/Atlantis')).toThrow(
      expect.objectContaining({ code: 'WEIR_TIME_ZONE', hint: expect.stringContaining('Europe/Berlin') }),
    )
  })
})
