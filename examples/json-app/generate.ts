/** Writes app.ndjson: 40 minutes of a service that loses its database from 10:30 to 10:33. The same each time. */
import { writeFileSync } from 'node:fs'

let state = 20261125
/** Park and Miller's generator: numbers from 0 to 1. */
const next = () => {
  state = (state * 48271) % 2147483647
  return state / 2147483647
}
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item
const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))

const start = Date.UTC(2026, 10, 24, 10)
const incident = { from: 30, to: 33 }
const usual = [
  () => ({ level: 'info', msg: 'request handled', method: 'GET', path: '/orders', status: 200, ms: integer(4, 90) }),
  () => ({ level: 'info', msg: `order ${integer(10_000, 99_999)} placed`, user: { id: integer(1, 900) } }),
  () => ({ level: 'info', msg: `cache refreshed in ${integer(2, 30)} ms` }),
  () => ({ level: 'debug', msg: `session ${integer(100_000, 999_999)} renewed` }),
]
const lines: { time: number; fields: object }[] = []
for (let minute = 0; minute < 40; minute++) {
  const at = () => start + minute * 60_000 + Math.floor(next() * 60_000)
  for (let index = integer(42, 48); index > 0; index--) lines.push({ time: at(), fields: pick(usual)() })
  if (minute % 7 === 3) lines.push({ time: at(), fields: { level: 'error', msg: 'mail could not be sent: 451 busy' } })
  if (minute < incident.from || minute >= incident.to) continue
  for (let index = 0; index < 20; index++) {
    const msg = `query failed: connection to db-${integer(1, 3)} refused`
    lines.push({ time: at(), fields: { level: 'error', msg, user: { id: integer(1, 900) } } })
  }
}
lines.sort((one, other) => one.time - other.time)
const text = lines.map(({ time, fields }) => `${JSON.stringify({ time: new Date(time).toISOString(), ...fields })}\n`)
writeFileSync(new URL('app.ndjson', import.meta.url), text.join(''))
