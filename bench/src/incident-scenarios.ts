import { addressOf, type Conditions, type Line, poisson, type Random, request } from './incident-traffic.ts'

/** Something that goes wrong for a while. */
export interface Scenario {
  readonly name: string
  readonly minutes: number
  /** What the log is like at a time of the incident. @param progress 0 at its beginning to 1 at its end */
  at(progress: number, random: Random, index: number): Conditions
}

const repeat = (count: number, make: () => Line): Line[] => Array.from({ length: count }, make)

const line = (service: Line['service'], random: Random, body: string, severity = 9): Line => ({
  service,
  at: random(),
  severity,
  body,
})

const below = (random: Random, limit: number): number => Math.floor(random() * limit)

/** Twenty incidents, from loud to faint. */
export const scenarios: readonly Scenario[] = [
  { name: 'traffic burst, ×5', minutes: 5, at: () => ({ traffic: 5 }) },
  { name: 'traffic grows to ×3', minutes: 40, at: (progress) => ({ traffic: 1 + 2 * progress }) },
  {
    name: 'everything silent',
    minutes: 10,
    at: () => ({ traffic: 0, noHeartbeat: true, noJobs: true, collections: 0 }),
  },
  { name: 'one service silent', minutes: 20, at: () => ({ orders: 0 }) },
  { name: 'load falls by 60 %', minutes: 20, at: () => ({ traffic: 0.4 }) },
  { name: 'error burst, 20 %', minutes: 5, at: () => ({ errors: 0.2 }) },
  { name: 'errors leak to 8 %', minutes: 180, at: (progress) => ({ errors: 0.004 + 0.08 * progress }) },
  {
    name: 'new error message',
    minutes: 30,
    at: (_, random) => ({
      lines: repeat(poisson(3, random), () =>
        line('orders', random, `connection pool exhausted: ${50 + below(random, 50)} of 100 connections in use`, 17),
      ),
    }),
  },
  {
    name: 'one crash',
    minutes: 5,
    at: (_, random, index) => ({
      lines:
        index === 0 ? [line('orders', random, 'panic: runtime error: index out of range [3] with length 3', 21)] : [],
    }),
  },
  {
    name: 'bad deploy of one path',
    minutes: 30,
    at: (_, random, index) => ({
      lines: [
        ...(index === 0 ? [line('system', random, 'gateway version 4.2.0 started')] : []),
        ...repeat(poisson(4, random), () => request(random, { path: '/checkout', status: 500 })),
      ],
    }),
  },
  { name: 'latency ×3', minutes: 20, at: () => ({ slowness: 3 }) },
  { name: 'latency leaks to ×4', minutes: 240, at: (progress) => ({ slowness: 1 + 3 * progress }) },
  {
    name: 'disk fills up',
    minutes: 180,
    at: (progress, random, index) => {
      const disk = 57 + 43 * progress
      const isFull = disk > 98
      return {
        disk,
        lines: [
          ...(disk > 85 && index % 10 === 0
            ? [line('system', random, `volume /var is nearly full: ${Math.round(100 - disk)} GiB left`, 13)]
            : []),
          ...(isFull
            ? repeat(6, () =>
                line('orders', random, `cannot write order ${below(random, 1e7)}: no space left on device`, 17),
              )
            : []),
        ],
      }
    },
  },
  {
    name: 'brute force by one client',
    minutes: 10,
    at: (_, random) => ({
      lines: repeat(poisson(60, random), () =>
        line('auth', random, `failed password for user ${below(random, 40)} from ${addressOf(77)}`, 13),
      ),
    }),
  },
  {
    name: 'stuffed credentials',
    minutes: 20,
    at: (_, random) => ({
      lines: repeat(poisson(40, random), () =>
        request(random, { path: '/login', status: 401, client: addressOf(2_000_000 + below(random, 20_000)) }),
      ),
    }),
  },
  {
    name: 'a bot scans',
    minutes: 15,
    at: (_, random) => ({
      lines: repeat(poisson(40, random), () =>
        request(random, { path: `/wp-${below(random, 500)}.php`, status: 404, client: addressOf(4242) }),
      ),
    }),
  },
  {
    name: 'a bad client',
    minutes: 30,
    at: (_, random) => ({
      lines: repeat(poisson(8, random), () =>
        request(random, { path: '/api/stock', status: 400, client: addressOf(13) }),
      ),
    }),
  },
  { name: 'heartbeat stops', minutes: 20, at: () => ({ noHeartbeat: true }) },
  { name: 'orders are not charged', minutes: 30, at: () => ({ uncharged: 0.9 }) },
  { name: 'collections pile up', minutes: 120, at: (progress) => ({ collections: 1 + 25 * progress }) },
]
