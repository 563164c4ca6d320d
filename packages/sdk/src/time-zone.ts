import { WeirError } from './errors.ts'

/** Offsets hold for at least this long: every zone's rules change on a quarter of an hour. */
const stepMs = 900_000

/** Where clocks that tell no zone stand: `UTC`, an offset such as `+02:00`, an IANA name such as `Europe/Berlin`, or `Local`. */
export class TimeZone {
  readonly #offsetMs: number | undefined
  readonly #format: Intl.DateTimeFormat | undefined
  #step = Number.NaN
  #stepOffsetMs = 0
  #localStep = Number.NaN
  #localOffsetMs = 0

  /** @throws WeirError `WEIR_TIME_ZONE` */
  constructor(name = 'UTC') {
    const fixed = /^(?:UTC|Z|([+-])(\d\d):?(\d\d))$/.exec(name)
    if (fixed !== null) {
      const [, sign, hours = '0', minutes = '0'] = fixed
      this.#offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
      return
    }
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        ...(name === 'Local' ? {} : { timeZone: name }),
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
    } catch (cause) {
      throw new WeirError(`"${name}" is not a time zone`, {
        code: 'WEIR_TIME_ZONE',
        hint: 'write UTC, Local, an offset such as +02:00, or an IANA name such as Europe/Berlin',
        cause,
      })
    }
  }

  /**
   * What a clock of this zone shows, as Unix epoch.
   * @param localMs the clock's reading, taken as if it were UTC, in milliseconds
   */
  toUtc(localMs: number): number {
    if (this.#offsetMs !== undefined) return localMs - this.#offsetMs
    const step = Math.floor(localMs / stepMs)
    if (step !== this.#step) {
      this.#step = step
      const start = step * stepMs
      // Twice, since the first guess may stand on the other side of a change.
      this.#stepOffsetMs = this.#offsetAt(start - this.#offsetAt(start - this.#offsetAt(start)))
    }
    return localMs - this.#stepOffsetMs
  }

  /** What a clock of this zone shows at a moment (Unix epoch in milliseconds), taken as if it were UTC. */
  toLocal(utcMs: number): number {
    if (this.#offsetMs !== undefined) return utcMs + this.#offsetMs
    const step = Math.floor(utcMs / stepMs)
    if (step !== this.#localStep) {
      this.#localStep = step
      this.#localOffsetMs = this.#offsetAt(step * stepMs)
    }
    return utcMs + this.#localOffsetMs
  }

  #offsetAt(utcMs: number): number {
    const part: { [type: string]: number } = {}
    for (const { type, value } of this.#format?.formatToParts(utcMs) ?? []) part[type] = Number(value)
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - utcMs
  }
}
