import { LogBatch, type Record } from '@weir/sdk'
import { seeded } from './inputs.ts'

export const minute = 60_000
export const hour = 3_600_000
export const day = 86_400_000
/** A Monday. */
export const beginning = Date.UTC(2026, 0, 5)

/** One record, as a scenario adds it. */
export interface Line {
  readonly service: 'gateway' | 'orders' | 'auth' | 'system'
  /** 0 to 1: where in its minute. */
  readonly at: number
  readonly severity: number
  readonly body: string
  readonly attributes?: { readonly [name: string]: string | number }
}

/** How a minute differs from usual; what is left out is as usual. */
export interface Conditions {
  /** Factors of how many records come, of all and by service. */
  readonly traffic?: number
  readonly gateway?: number
  readonly orders?: number
  readonly auth?: number
  /** Share of requests that fail. */
  readonly errors?: number
  /** Factor of durations. */
  readonly slowness?: number
  /** Share of answers that would be 200 and are 304. */
  readonly notModified?: number
  /** Share of orders that are not charged. */
  readonly uncharged?: number
  /** Percent of the disk in use. */
  readonly disk?: number
  /** Garbage collections a minute. */
  readonly collections?: number
  readonly noHeartbeat?: boolean
  readonly noJobs?: boolean
  readonly lines?: readonly Line[]
}

export type Random = () => number

const paths = ['/', '/products', '/products/{id}', '/cart', '/checkout', '/login', '/search', '/api/stock']
const pathWeights = [0.2, 0.2, 0.25, 0.1, 0.05, 0.05, 0.1, 0.05]

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** How many events happen when `mean` are expected. */
export function poisson(mean: number, random: Random): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  let count = 0
  for (let product = random(); product > Math.exp(-mean); product *= random()) count++
  return count
}

export const addressOf = (number: number): string => `10.${(number >> 14) & 127}.${(number >> 7) & 127}.${number & 127}`

/** A known client mostly, a new one now and then. */
const client = (random: Random): string =>
  addressOf(random() < 0.05 ? 10_000 + Math.floor(random() * 1e6) : Math.floor(400 * random() ** 2))

function pathOf(random: Random): string {
  let left = random()
  for (const [index, weight] of pathWeights.entries()) {
    left -= weight
    if (left < 0) return (paths[index] ?? '/').replace('{id}', String(Math.floor(random() * 900)))
  }
  return '/'
}

/** A request as the gateway logs it. */
export function request(
  random: Random,
  given: { path?: string; status?: number; client?: string; slowness?: number } = {},
): Line {
  const path = given.path ?? pathOf(random)
  const status = given.status ?? 200
  const duration = Math.round(40 * Math.exp(0.5 * normal(random)) * (given.slowness ?? 1))
  return {
    ...{ service: 'gateway', at: random(), severity: status >= 500 ? 17 : status >= 400 ? 13 : 9 },
    body: `${path === '/checkout' ? 'POST' : 'GET'} ${path} ${status} ${duration} ms`,
    attributes: {
      'url.path': path,
      'http.response.status_code': status,
      'client.address': given.client ?? client(random),
      duration,
    },
  }
}

function usualStatus(random: Random, { errors = 0.004, notModified = 0.04 }: Conditions): number {
  if (random() < errors) return random() < 0.7 ? 500 : 503
  if (random() < 0.02) return random() < 0.8 ? 404 : 400
  return random() < notModified ? 304 : 200
}

/**
 * The log of a shop: three services that follow the time of day, a scheduler's heartbeat, a job every ten minutes, a burst of lines
 * at every full hour, a backup at night. One minute at a time, the same for the same seed.
 */
export class Traffic {
  readonly random: Random
  #minute = 0

  constructor(seed: number) {
    this.random = seeded(seed)
  }

  get time(): number {
    return beginning + this.#minute * minute
  }

  /** The next minute's records, in the order of time. */
  next(conditions: Conditions = {}): Line[] {
    const { random } = this
    const { traffic = 1 } = conditions
    const time = this.time
    const daily = traffic * (1 - 0.5 * Math.cos((2 * Math.PI * (time % day)) / day))
    const lines: Line[] = [...(conditions.lines ?? [])]
    const times = (mean: number, make: () => void) => {
      for (let left = poisson(mean, random); left > 0; left--) make()
    }
    const say = (service: Line['service'], body: string, severity = 9, at = random()) =>
      void lines.push({ service, at, severity, body })
    const number = (below: number) => Math.floor(random() * below)
    times(60 * daily * (conditions.gateway ?? 1), () => {
      lines.push(request(random, { status: usualStatus(random, conditions), slowness: conditions.slowness ?? 1 }))
    })
    times(12 * daily * (conditions.orders ?? 1), () => {
      const [order, at] = [number(1e7), random()]
      say('orders', `order ${order} placed by user ${number(50_000)}`, 9, at)
      if (random() >= (conditions.uncharged ?? 0))
        say('orders', `order ${order} charged ${number(300)}.${10 + number(89)} EUR`, 9, at)
      if (random() < 0.02) say('orders', `mail to user ${number(50_000)} failed: mailbox busy`, 17)
      if (random() < 0.2) say('orders', `cache miss for product:${number(900)}`)
    })
    times(8 * daily * (conditions.auth ?? 1), () => {
      if (random() < 0.1) say('auth', `failed password for user ${number(50_000)} from ${client(random)}`, 13)
      else say('auth', `session opened for user ${number(50_000)}`)
    })
    times(conditions.collections ?? 1, () => say('system', `full collection paused for ${20 + number(60)} ms`))
    const ofDay = Math.round((time % day) / minute)
    if (conditions.noHeartbeat !== true) say('system', 'heartbeat of scheduler sent')
    say('system', `disk usage of /var is ${Math.round(conditions.disk ?? 55 + 2 * Math.sin(ofDay / 200))} %`)
    if (ofDay % 10 === 3 && conditions.noJobs !== true)
      say('system', `job ${number(1e6)} finished in ${1 + number(20)} s`)
    if (ofDay % 60 === 0) for (let index = 0; index < 60; index++) say('system', `report ${number(1000)} written`)
    if (ofDay === 180) for (let index = 0; index < 400; index++) say('system', `backed up table ${number(80)}`)
    this.#minute++
    return lines.sort((one, other) => one.at - other.at)
  }
}

/** A minute's records as a batch. */
export function batchOf(time: number, lines: readonly Line[]): LogBatch {
  const batch = new LogBatch({ capacity: Math.max(1, lines.length), source: 'shop' })
  for (const line of lines) {
    const record: Record = batch.append()
    record.time = time + Math.floor(line.at * minute)
    record.severityNumber = line.severity
    record.body = line.body
    record.attributes.set('service.name', line.service)
    for (const [name, value] of Object.entries(line.attributes ?? {})) record.attributes.set(name, value)
  }
  return batch
}
