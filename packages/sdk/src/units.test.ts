import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration, parseSize } from './units.ts'

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '5', 's', '5 s', '5x', '-5s', '1h nonsense'])('%s is none', (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a duration/)
  })

  it('are written for people', () => {
    expect([850, 1500, 120_000, 5_400_000, 3 * 86_400_000].map(formatDuration)).toEqual([
      '850ms',
      '1.5s',
      '2m',
      '1h 30m',
      '3d',
    ])
  })
})

describe('sizes', () => {
  it.each([
    ['512', 512],
    ['64KiB', 65_536],
    ['4MiB', 4_194_304],
    ['1.5GB', 1_500_000_000],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  it.each(['', 'x', '5 MB', '5mb', '-1KB'])('%s is none', (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size/)
  })
})
