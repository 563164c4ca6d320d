import type { Alert } from '@weir/sdk'
import type { MaintenanceConfig } from './config.ts'

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const minutesOfDay = 1440
const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** A time in which alerts are not sent. */
export class Maintenance {
  readonly name: string
  readonly #config: MaintenanceConfig
  readonly #matches: ((alert: Alert) => boolean) | undefined
  readonly #format: Intl.DateTimeFormat

  constructor(config: MaintenanceConfig, matches: ((alert: Alert) => boolean) | undefined) {
    this.name = config.name
    this.#config = config
    this.#matches = matches
    const options = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    this.#format = new Intl.DateTimeFormat('en', { timeZone: config.time_zone, ...options })
  }

  concerns(alert: Alert): boolean {
    return this.#matches?.(alert) ?? true
  }

  isOn(time: number): boolean {
    const { from, to, start, end, days } = this.#config
    if (from !== undefined && to !== undefined) return time >= Date.parse(from) && time < Date.parse(to)
    if (start === undefined || end === undefined) return false
    const parts = Object.fromEntries(this.#format.formatToParts(time).map(({ type, value }) => [type, value]))
    const minute = Number(parts.hour) * 60 + Number(parts.minute)
    const day = dayNames.indexOf(parts.weekday ?? '')
    const [first, last] = [minutesOf(start), minutesOf(end)]
    const length = (last - first + minutesOfDay) % minutesOfDay || minutesOfDay
    const into = (minute - first + minutesOfDay) % minutesOfDay
    if (into >= length) return false
    // What is past midnight belongs to the day before.
    const name = dayNames[minute < first ? (day + 6) % 7 : day]?.toLowerCase()
    return days.length === 0 || days.some((one) => one === name)
  }
}
