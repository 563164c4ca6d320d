import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimestampReader } from './timestamp.ts'

const now = () => Date.UTC(2026, 10, 25)
const reader = (zone = 'UTC') => new TimestampReader({ zone, now })
const second = Date.UTC(2026, 10, 24, 13, 55, 36)

describe('TimestampReader', () => {
  it.each([
    ['2026-11-24T13:55:36Z', second, 0],
    ['2026-11-24T13:55:36.123Z', second + 123, 0],
    ['2026-11-24t13:55:36.123456789z', second + 123, 456_789],
    ['2026-11-24 13:55:36,123', second + 123, 0],
    ['2026-11-24 13:55:36', second, 0],
    ['2026-11-24T13:55:36.5+02:00', second + 500 - 7_200_000, 0],
    ['2026-11-24T13:55:36-0330', second + 12_600_000, 0],
    ['2026-11-24T13:55:36+02', second - 7_200_000, 0],
    ['2026-11-24 13:55:36.123 UTC', second + 123, 0],
    ['2026-11-24 13:55:36 +0100', second - 3_600_000, 0],
    ['2026/11/24 13:55:36', second, 0],
    ['24/Nov/2026:13:55:36 +0000', second, 0],
    ['24/Nov/2026:13:55:36 -0500', second + 18_000_000, 0],
    ['Nov 24 13:55:36', second, 0],
    ['Nov 24 2026 13:55:36', second, 0],
    ['2026 Nov 24 13:55:36 UTC', second, 0],
    ['2026 Nov  4 13:55:36.123', second + 123 - 20 * 86_400_000, 0],
    ['Nov 24 13:55:36.123', second + 123, 0],
    ['Nov  4 13:55:36', second - 20 * 86_400_000, 0],
    ['Nov 4 13:55:36', second - 20 * 86_400_000, 0],
    ['Tue Nov 24 13:55:36 2026', second, 0],
    ['Tue Nov 24 13:55:36.123456 2026', second + 123, 456_000],
    ['Tue, 24 Nov 2026 13:55:36 GMT', second, 0],
    ['Wed, 4 Nov 2026 13:55:36 +0100', second - 20 * 86_400_000 - 3_600_000, 0],
    ['26/11/24 13:55:36', second, 0],
    ['261124 135536', second, 0],
    ['2026.11.24 13:55:36.123456', second + 123, 456_000],
    ['24 Nov 2026 13:55:36.123', second + 123, 0],
    ['4 Nov 2026 13:55:36', second - 20 * 86_400_000, 0],
    ['24-Nov-2026 13:55:36 UTC', second, 0],
    ['1124 13:55:36.123456', second + 123, 456_000],
    ['11/24/2026 01:55:36 PM', second, 0],
    ['11/24/2026, 1:55:36 pm', second, 0],
    ['11/4/2026, 1:55:36\u202fPM', second - 20 * 86_400_000, 0],
    ['11/24/2026 12:55:36 AM', second - 13 * 3_600_000, 0],
    ['20261124T135536Z', second, 0],
    ['20261124T135536.5+0100', second + 500 - 3_600_000, 0],
    ['20261124 13:55:36.123', second + 123, 0],
    [String(second / 1000), second, 0],
    [`${second / 1000}.25`, second + 250, 0],
    [String(second + 123), second + 123, 0],
    [`${second + 123}456`, second + 123, 456_000],
    [`${second + 123}456789`, second + 123, 456_789],
  ])('reads %s', (text, ms, remainder) => {
    const times = reader()
    expect(times.parse(text)).toBe(ms)
    expect(times.remainder).toBe(remainder)
    // And once more, out of what it remembers.
    expect(times.parse(text)).toBe(ms)
    expect(times.remainder).toBe(remainder)
  })

  it.each([
    '',
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-02-30 00:00:00',
    '2026-11-24T13:55:36Z and more',
    '2026-11-24T25:00:00Z',
    '2026-11-24',
    '24/Foo/2026:13:55:36 +0000',
    'Feb 30 13:55:36',
    'Nov 24',
    '24 Foo 2026 13:55:36',
    '24-Nov 2026 13:55:36',
    '1324 13:55:36',
    '24/11/2026 13:55:36',
    '11/24/2026 13:55:36 PM',
    '24/11/2026 01:55:36 PM',
    '20261324T135536Z',
    '20261124T1355',
    '12345678',
    '12345678901234567890',
    '1795528536x',
    `2026-11-24T13:55:36.${'1'.repeat(60)}Z`,
  ])('knows no time in %j', (text) => expect(reader().parse(text)).toBeNaN())

  it('reads times without a zone in the zone that it is told', () => {
    expect(reader('Europe/Berlin').parse('2026-11-24 13:55:36')).toBe(second - 3_600_000)
    expect(reader('+02:00').parse('Nov 24 13:55:36')).toBe(second - 7_200_000)
    expect(reader('+02:00').parse('2026-11-24T13:55:36Z')).toBe(second)
  })

  it('says where the time ends that a line begins with', () => {
    const line = Buffer.from('2026-11-24 13:55:36,123 [main] INFO started')
    const times = reader()
    expect(times.prefix(line, 0, line.length)).toBe(second + 123)
    expect(times.end).toBe(23)
    expect(times.prefix(line, 5, line.length)).toBeNaN()
    expect(times.end).toBe(5)
  })

  it('takes a time without a year for the last one that there was, a day of clock skew allowed', () => {
    const year = (text: string) => new Date(reader().parse(text)).getUTCFullYear()
    expect(year('Dec 31 23:59:59')).toBe(2025)
    expect(year('Jan  1 00:00:00')).toBe(2026)
    expect(year('Nov 25 12:00:00')).toBe(2026)
    expect(year('Nov 27 00:00:00')).toBe(2025)
    expect(year('Feb 29 12:00:00')).toBe(2024)
  })

  it('goes on over the turn of a year', () => {
    const times = new TimestampReader({ now: () => Date.UTC(2026, 0, 10) })
    const years = ['Dec 30 10:00:00', 'Dec 31 23:59:59', 'Jan  1 00:00:01', 'Jan  2 00:00:00', 'Dec 31 23:59:58'].map(
      (text) => new Date(times.parse(text)).getUTCFullYear(),
    )
    expect(years).toEqual([2025, 2025, 2026, 2026, 2025])
  })

  it('reads back every time that Date writes', () => {
    const times = reader()
    const date = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true })
    fc.assert(
      fc.property(date, (time) => {
        expect(times.parse(time.toISOString())).toBe(time.getTime())
        expect(times.parse(time.toUTCString())).toBe(Math.floor(time.getTime() / 1000) * 1000)
      }),
    )
  })

  it('reads any bytes without harm, and never beyond their end', () => {
    const times = reader()
    const crumb = fc.constantFrom(
      '2026',
      '-',
      '11',
      '/',
      ':',
      ' ',
      'Nov',
      'Tue',
      ',',
      '.',
      '+',
      'T',
      'Z',
      '24',
      '1',
      'é',
    )
    const text = fc.oneof(
      fc.array(crumb, { maxLength: 20 }).map((crumbs) => crumbs.join('')),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (given) => {
        const bytes = Buffer.from(given)
        const padded = Buffer.concat([bytes, Buffer.from('0000 2026')])
        const ms = times.prefix(bytes, 0, bytes.length)
        const { end, remainder } = times
        expect(end <= bytes.length && remainder >= 0 && remainder < 1e6).toBe(true)
        if (!Number.isNaN(ms)) expect(times.prefix(padded, 0, bytes.length)).toBe(ms)
      }),
      { numRuns: 1000 },
    )
  })
})
