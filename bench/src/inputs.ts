/** The benchmark's inputs: generated, the same each time. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type InputKind =
  | 'nginx'
  | 'json'
  | 'syslog'
  | 'syslog3164'
  | 'text'
  | 'logfmt'
  | 'csv'
  | 'nginx_error'
  | 'apache_error'
  | 'cri'
  | 'docker'

/** A small seeded generator (mulberry32): numbers from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'curl/8.11.0',
  'Go-http-client/2.0',
  'python-requests/2.32.3',
]
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/** Lines of one kind, 85 to 325 bytes a line (nginx 175, JSON 325, RFC 5424 145); 1 to 2 records a millisecond. */
function lines(kind: InputKind): () => string {
  const random = seeded(42)
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  const hex = (length: number) => Array.from({ length }, () => below(16).toString(16)).join('')
  const address = () => `${1 + below(222)}.${below(256)}.${below(256)}.${1 + below(254)}`
  const addresses = Array.from({ length: 20_000 }, address)
  const traces = Array.from({ length: 5000 }, () => hex(32))
  const hosts = Array.from({ length: 40 }, (_, index) => `ip-10-0-${index}-${(index * 37) % 255}`)
  const paths: readonly (() => string)[] = [
    () => '/',
    () => `/api/v1/users/${below(1_000_000)}`,
    () => `/api/v1/orders/${below(1_000_000)}/items?page=${below(100)}&limit=50`,
    () => `/static/js/app.${below(0xffffffff).toString(16).padStart(8, '0')}.js`,
    () => `/img/products/${below(1_000_000)}.webp`,
    () => `/search?q=term${below(10_000)}&sort=asc`,
    () => '/login',
    () => '/healthz',
  ]
  const messages: readonly (() => string)[] = [
    () => `Accepted publickey for user${below(100)} from ${pick(addresses)} port ${below(60_000)} ssh2`,
    () => `Connection closed by ${pick(addresses)} port ${below(60_000)} [preauth]`,
    () => `Received block blk_${below(1e9)} of size ${below(1e8)} from /${pick(addresses)}`,
    () => `Cache miss for key user:${below(1e6)}:profile`,
    () => `Query took ${(random() * 1000).toFixed(2)} ms: SELECT * FROM orders WHERE id = ${below(1e6)}`,
    () => `Job ${pick(traces)} finished in ${(random() * 90).toFixed(2)} seconds`,
    () => `Disk usage on /dev/sda${below(9)} is at ${below(100)} percent`,
    () => `Payment declined reason=insufficient_funds amount=${(random() * 400).toFixed(2)} currency=EUR`,
    () => `Rate limit exceeded for ip ${pick(addresses)} bucket=api`,
    () => `Config reloaded from /etc/app/config.yaml version ${below(1000)}`,
  ]
  const status = () => {
    const chance = random()
    return chance < 0.9 ? 200 : chance < 0.95 ? 304 : chance < 0.985 ? 404 : chance < 0.995 ? 500 : 502
  }
  const level = () => {
    const chance = random()
    return chance < 0.7 ? 'info' : chance < 0.9 ? 'debug' : chance < 0.97 ? 'warn' : 'error'
  }
  let time = Date.UTC(2026, 10, 24)
  let second = Number.NaN
  let iso = ''
  let clf = ''
  let clock = ''
  const tick = () => {
    time += below(2)
    if (Math.floor(time / 1000) === second) return
    second = Math.floor(time / 1000)
    const date = new Date(time)
    iso = date.toISOString().slice(0, 20)
    clock = iso.slice(11, 19)
    clf = `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000`
  }
  const fraction = () => String(time % 1000).padStart(3, '0')
  const methods = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT']
  const makers: { readonly [name in InputKind]: () => string } = {
    nginx: () =>
      `${pick(addresses)} - - [${clf}] "${pick(methods)} ${pick(paths)()} HTTP/1.1" ${status()} ${below(60_000)} "${pick(['-', '-', 'https://shop.example/'])}" "${pick(agents)}"\n`,
    json: () =>
      `{"timestamp":"${iso}${fraction()}Z","level":"${level()}","service":"${pick(['cart', 'auth', 'search', 'billing'])}","host":"${pick(hosts)}","trace_id":"${pick(traces)}","message":"${pick(messages)()}","user_id":${below(100_000)},"duration_ms":${(random() * 500).toFixed(3)},"http":{"method":"${pick(methods)}","status":${status()},"path":"${pick(paths)()}"},"ok":${random() < 0.97}}\n`,
    syslog: () =>
      `<${below(24) * 8 + (random() < 0.9 ? 6 : below(8))}>1 ${iso}${fraction()}Z ${pick(hosts)} ${pick(['sshd', 'nginx', 'cron', 'postgres'])} ${1 + below(30_000)} ID${below(100)} ${random() < 0.5 ? '-' : `[origin@32473 ip="${pick(addresses)}" seq="${below(1e6)}"]`} ${pick(messages)()}\n`,
    syslog3164: () =>
      `<${below(24) * 8 + 6}>Nov 24 ${clock} ${pick(hosts)} ${pick(['sshd', 'cron', 'postgres'])}[${1 + below(30_000)}]: ${pick(messages)()}\n`,
    text: () =>
      `${iso.slice(0, 10)} ${clock},${fraction()} ${level().toUpperCase()} [worker-${below(9)}] com.acme.${pick(['Orders', 'Billing', 'Search'])} - ${pick(messages)()}\n`,
    logfmt: () =>
      `time=${iso}${fraction()}Z level=${level()} msg="${pick(messages)()}" user=user${below(1000)} ms=${below(900)} path=${pick(paths)()}\n`,
    csv: () =>
      `${iso}${fraction()}Z,${level()},"${pick(messages)()}",user${below(1000)},${below(900)},${pick(paths)()}\n`,
    nginx_error: () =>
      `${iso.slice(0, 10).replaceAll('-', '/')} ${clock} [error] ${below(9999)}#${below(9)}: *${below(99_999)} connect() failed (111: Connection refused) while connecting to upstream, client: ${pick(addresses)}, server: shop.example, request: "${pick(methods)} ${pick(paths)()} HTTP/1.1", upstream: "http://10.0.0.1:8080/", host: "shop.example"\n`,
    apache_error: () =>
      `[Tue Nov 24 ${clock}.${fraction()}000 2026] [proxy:error] [pid ${1 + below(9999)}:tid ${1 + below(99_999)}] [client ${pick(addresses)}:${1 + below(60_000)}] AH00957: HTTP: attempt to connect to ${pick(addresses)}:8080 (shop) failed\n`,
    cri: () => `${iso}${fraction()}000000Z ${pick(['stdout', 'stderr'])} F ${pick(messages)()}\n`,
    docker: () => `{"log":"${pick(messages)()}\\n","stream":"stdout","time":"${iso}${fraction()}000000Z"}\n`,
  }
  const make = makers[kind]
  return () => {
    tick()
    return make()
  }
}

/** Writes an input of at least `bytes` bytes and answers its path. */
export function writeInput(kind: InputKind, folder: string, bytes: number): string {
  const path = join(folder, `${kind}.log`)
  const next = lines(kind)
  const descriptor = openSync(path, 'w')
  for (let written = 0; written < bytes; ) {
    let block = ''
    while (block.length < 1 << 20 && written + block.length < bytes) block += next()
    written += writeSync(descriptor, block)
  }
  closeSync(descriptor)
  return path
}
