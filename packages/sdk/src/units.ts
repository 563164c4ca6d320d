import { WeirError } from './errors.ts'

const durationUnits = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const sizeUnits = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** Matches a duration such as `30s`, `1m30s`, `250ms` (Go's notation, plus `d` and `w`). */
export const durationPattern = '^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d|w))+$|^0$'
/** Matches a size such as `512`, `64KiB`, `4MiB`, `1.5GB`. */
export const sizePattern = '^[0-9]+(\\.[0-9]+)?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$'

const durationShape = new RegExp(durationPattern)
const sizeShape = new RegExp(sizePattern)

const unitOf = (units: object, name: string): number => Number(Reflect.get(units, name))

/**
 * Milliseconds of a duration string; a number is taken as milliseconds.
 * @throws WeirError `WEIR_UNITS_DURATION`
 */
export function parseDuration(text: string | number): number {
  if (typeof text === 'number') return text
  if (!durationShape.test(text)) {
    throw new WeirError(`"${text}" is not a duration`, {
      code: 'WEIR_UNITS_DURATION',
      hint: 'write a number with a unit: 250ms, 30s, 5m, 1h30m, 7d',
    })
  }
  let ms = 0
  for (const [, value, unit] of text.matchAll(/([0-9.]+)([a-z]+)/g))
    ms += Number(value) * unitOf(durationUnits, unit ?? '')
  return ms
}

/**
 * Bytes of a size string; a number is taken as bytes.
 * @throws WeirError `WEIR_UNITS_SIZE`
 */
export function parseSize(text: string | number): number {
  if (typeof text === 'number') return text
  if (!sizeShape.test(text)) {
    throw new WeirError(`"${text}" is not a size`, {
      code: 'WEIR_UNITS_SIZE',
      hint: 'write a number with a unit: 64KiB, 4MiB, 1GB',
    })
  }
  const [, value, unit] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? []
  return Math.round(Number(value) * (unit ? unitOf(sizeUnits, unit) : 1))
}

/** A duration for people: `850ms`, `1.5s`, `2m`, `1h 30m`, `3d`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))}s`
  const parts: string[] = []
  let rest = Math.round(ms / 1000)
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    if (rest >= seconds && parts.length < 2) {
      parts.push(`${Math.floor(rest / seconds)}${unit}`)
      rest %= seconds
    }
  }
  return parts.join(' ')
}
