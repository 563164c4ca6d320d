/**
 * Writes app.log: three hours of a shop's application log with an incident in it. Run by `node generate.ts`; the same
 * each time. What is in it, and when, stands in README.md.
 */
import { writeFileSync } from 'node:fs'

/** A small seeded generator (mulberry32): numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const next = random(20261124)
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item
const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
const hex = (length: number) => Array.from({ length }, () => integer(0, 15).toString(16)).join('')

const start = Date.UTC(2026, 10, 24, 9)
const minutes = 180
const burst = { from: 118, to: 123 }
const drop = { from: 140, to: 148 }

type Line = () => string
const usual: readonly [number, Line][] = [
  [
    30,
    () =>
      `INFO  [http] ${pick(['GET', 'GET', 'GET', 'POST'])} /api/products/${integer(1, 900)} 200 in ${integer(3, 90)} ms`,
  ],
  [18, () => `INFO  [http] GET /api/cart/${hex(8)} 200 in ${integer(4, 60)} ms`],
  [
    12,
    () =>
      `INFO  [search] query "${pick(['lamp', 'desk', 'chair', 'oak table', 'blue rug'])}" returned ${integer(0, 120)} hits in ${integer(5, 140)} ms`,
  ],
  [10, () => `DEBUG [cache] miss for key product:${integer(1, 900)}, loaded in ${integer(1, 12)} ms`],
  [
    8,
    () =>
      `INFO  [checkout] order ${integer(100_000, 999_999)} placed by user ${integer(1, 5000)}: ${integer(5, 400)}.${integer(10, 99)} EUR`,
  ],
  [
    6,
    () =>
      `INFO  [auth] user ${integer(1, 5000)} signed in from 10.${integer(0, 40)}.${integer(0, 255)}.${integer(1, 254)}`,
  ],
  [4, () => `INFO  [mail] confirmation for order ${integer(100_000, 999_999)} sent in ${integer(40, 400)} ms`],
  [
    2,
    () => `WARN  [payment] provider answered slowly: ${integer(900, 1900)} ms for order ${integer(100_000, 999_999)}`,
  ],
  [1, () => `WARN  [auth] wrong password for user ${integer(1, 5000)}, attempt ${integer(1, 4)}`],
  [0.6, () => `ERROR [mail] delivery to user ${integer(1, 5000)} failed: 451 mailbox busy, will retry`],
  [0.4, () => `INFO  [gc] heap ${integer(210, 480)} MB after ${integer(8, 30)} ms`],
]
const weight = usual.reduce((sum, [share]) => sum + share, 0)

function usualLine(): string {
  let at = next() * weight
  for (const [share, line] of usual) {
    at -= share
    if (at <= 0) return line()
  }
  return usual[0]?.[1]() ?? ''
}

const paymentError =
  () => `ERROR [payment] charge for order ${integer(100_000, 999_999)} failed: upstream timed out after 5000 ms
PaymentTimeout: upstream timed out after 5000 ms
    at PaymentClient.charge (/srv/shop/payment/client.js:88:11)
    at async Checkout.place (/srv/shop/checkout/place.js:41:20)`
const poolError = () => 'FATAL [db] connection pool exhausted: 50 of 50 connections in use, 214 requests waiting'

const lines: { time: number; text: string }[] = []
for (let minute = 0; minute < minutes; minute++) {
  const at = start + minute * 60_000
  const isDrop = minute >= drop.from && minute < drop.to
  const count = Math.round((isDrop ? 12 : 95 + 10 * Math.sin(minute / 30)) + (next() - 0.5) * (isDrop ? 4 : 16))
  for (let index = 0; index < count; index++) lines.push({ time: at + next() * 60_000, text: usualLine() })
  if (minute >= burst.from && minute < burst.to) {
    for (let index = 0; index < 30; index++) lines.push({ time: at + next() * 60_000, text: paymentError() })
  }
  if (minute === burst.from + 2)
    for (let index = 0; index < 3; index++) lines.push({ time: at + 17_000 + index * 9000, text: poolError() })
}
lines.sort((one, other) => one.time - other.time)
const text = lines.map(({ time, text: line }) => `${new Date(time).toISOString()} ${line}\n`).join('')
writeFileSync(new URL('app.log', import.meta.url), text)
