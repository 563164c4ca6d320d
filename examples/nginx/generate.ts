/** Writes access.log: half an hour of a shop, in which the checkout fails from 10:20 to 10:23. The same each time. */
import { writeFileSync } from 'node:fs'

let state = 20261124
/** Park and Miller's generator: numbers from 0 to 1. */
const next = () => {
  state = (state * 48271) % 2147483647
  return state / 2147483647
}
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item
const integer = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))

const start = Date.UTC(2026, 10, 24, 10)
const incident = { from: 20, to: 23 }
const pages = ['/', '/', '/products', '/products/chair', '/search?q=lamp', '/cart', '/cart', '/static/app.js']
const agents = ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0', 'Mozilla/5.0 (Macintosh) Safari/605.1.15']

const stamp = (time: number) => {
  const [, day, month, year, clock] = new Date(time).toUTCString().split(' ')
  return `${day}/${month}/${year}:${clock} +0000`
}
const lines: { time: number; text: string }[] = []
const add = (time: number, request: string, status: number, bytes: number) => {
  const text = `198.51.100.${integer(1, 250)} - - [${stamp(time)}] "${request} HTTP/1.1" ${status} ${bytes} "-" "${pick(agents)}"\n`
  lines.push({ time, text })
}
for (let minute = 0; minute < 30; minute++) {
  const at = start + minute * 60_000
  for (let index = integer(38, 44); index > 0; index--) {
    const status = next() < 0.02 ? 404 : 200
    add(at + next() * 60_000, `GET ${pick(pages)}`, status, integer(300, 20_000))
  }
  const fails = minute >= incident.from && minute < incident.to
  for (let index = integer(9, 11); index > 0; index--)
    add(at + next() * 60_000, 'POST /checkout', fails ? pick([502, 502, 504]) : 201, 157)
}
lines.sort((one, other) => one.time - other.time)
writeFileSync(new URL('access.log', import.meta.url), lines.map(({ text }) => text).join(''))
