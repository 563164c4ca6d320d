import { type Alert, TimeZone } from '@weir/sdk'
import type { MaintenanceConfig } from './config.ts'

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minutesOfDay = 1440
const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** A time in which alerts are not sent. */
export class Maintenance {
  readonly name: string
  readonly #config: MaintenanceConfig
  readonly #matches: ((alert: Alert) => boolean) | undefined
  readonly #zone: TimeZone

  constructor(config: MaintenanceConfig, matches: ((alert: Alert) => boolean) | undefined) {
    this.name = config.name
    this.#config = config
    this.#matches = matches
    this.#zone = new TimeZone(config.time_zone)
  }

  concerns(alert: Alert): boolean {
    return this.#matches?.(alert) ?? true
  }

  isOn(time: number): boolean {
    const { from, to, start, end, days } = this.#config
    if (from !== undefined && to !== undefined) return time >= Date.parse(from) && time < Date.parse(to)
    if (start === undefined || end === undefined) return false
    const local = new Date(this.#zone.toLocal(time))
    const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
    const day = local.getUTCDay()
    const [first, last] = [minutesOf(start), minutesOf(end)]
    const length = (last - first + minutesOfDay) % minutesOfDay || minutesOfDay
    const into = (minute - first + minutesOfDay) % minutesOfDay
    if (into >= length) return false
    // What is past midnight belongs to the day before.
    const name = dayNames[minute < first ? (day + 6) % 7 : day]
    return days.length === 0 || days.some((one) => one === name)
  }
}
