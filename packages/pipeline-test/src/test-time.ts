/** A point in time as tests write it: milliseconds, and the nanoseconds below. */
export interface TestTime {
  readonly ms: number
  readonly remainder: number
}

const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/

/** The time that a test has written, `undefined` if it is none. */
export function readTime(written: string | number): TestTime | undefined {
  if (typeof written === 'number') return { ms: written, remainder: 0 }
  const [, , , fraction = ''] = iso.exec(written) ?? []
  const ms = iso.test(written) ? Date.parse(written.replace(/(\.\d{3})\d+/, '$1')) : Number.NaN
  return Number.isNaN(ms) ? undefined : { ms, remainder: Number(fraction.slice(4).padEnd(6, '0')) }
}

/** ISO 8601 in UTC, with as many digits below the millisecond as are needed. */
export function writeTime({ ms, remainder }: TestTime): string {
  const text = new Date(ms).toISOString()
  if (remainder === 0) return text
  return `${text.slice(0, -1)}${String(remainder).padStart(6, '0').replace(/0+$/, '')}Z`
}
