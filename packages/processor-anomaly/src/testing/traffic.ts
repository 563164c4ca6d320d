/** A small seeded generator (mulberry32): numbers from 0 to 1. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const minute = 60_000
/** Midnight of a day. */
export const midnight = Date.UTC(2026, 0, 5)

export type Line = { time: number; severityNumber: number; body: string }

export interface TrafficOptions {
  seed: number
  minutes: number
  from?: number
  /** Records a minute, as a mean; it follows the time of day. */
  perMinute?: number
  /** Share of errors. */
  errors?: number
}

/** How many events happen when `mean` are expected (Knuth's for small means, the normal distribution for large ones). */
function poisson(mean: number, next: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
  }
  let count = 0
  for (let product = next(); product > Math.exp(-mean); product *= next()) count++
  return count
}

/** The log of a service on a day without incidents: random arrivals, twice as many at noon as at midnight. */
export function quiet({ seed, minutes, from = midnight, perMinute = 120, errors = 0.01 }: TrafficOptions): Line[] {
  const next = random(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  const lines: Line[] = []
  for (let index = 0; index < minutes; index++) {
    const start = from + index * minute
    const day = 1 - Math.cos((2 * Math.PI * (start % 86_400_000)) / 86_400_000) / 3
    for (let count = poisson(perMinute * day, next); count > 0; count--) {
      const time = start + Math.floor(next() * minute)
      const isError = next() < errors
      const choice = below(10)
      const body = isError
        ? `mail to user ${below(5000)} failed: mailbox busy`
        : choice < 6
          ? `GET /api/products/${below(900)} answered in ${below(90)} ms`
          : choice < 9
            ? `order ${below(1e6)} placed by user ${below(5000)}`
            : `cache miss for product:${below(900)}`
      lines.push({ time, severityNumber: isError ? 17 : 9, body })
    }
  }
  return inOrder(lines)
}

export const inOrder = (lines: readonly Line[]): Line[] => [...lines].sort((one, other) => one.time - other.time)

/** `count` times the same line, evenly from `from` to `to`. */
export const repeated = (body: string, count: number, from: number, to: number, severityNumber = 9): Line[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ body, severityNumber },
    time: from + Math.floor(((to - from) * index) / count),
  }))

/** The lines without most of those between two times. */
export const thinned = (lines: readonly Line[], from: number, to: number, keepEvery: number): Line[] =>
  lines.filter(({ time }, index) => time < from || time >= to || index % keepEvery === 0)
