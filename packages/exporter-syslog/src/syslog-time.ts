import { TimeZone } from '@weir/sdk'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
/** Years that four digits tell. */
const first = Date.parse('0000-01-01T00:00:00.000Z')
const last = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * A time of RFC 5424 (section 6.2.3), in UTC with microseconds where there are any; `-` for none.
 * @param nanoseconds below the millisecond
 */
export function rfc5424Time(ms: number, nanoseconds: number): string {
  if (!(ms >= first && ms <= last)) return '-'
  const text = new Date(ms).toISOString()
  const micros = Math.floor(nanoseconds / 1000)
  return micros === 0 ? text : `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`
}

/** Times of RFC 3164 (section 4.1.2), `Oct  1 22:14:15`, as a clock of a zone shows them. */
export class Rfc3164Time {
  readonly #zone: TimeZone
  #second = Number.NaN
  #text = ''

  /** @throws WeirError `WEIR_TIME_ZONE` */
  constructor(location: string) {
    this.#zone = new TimeZone(location)
  }

  format(ms: number): string {
    const second = Math.floor(ms / 1000)
    if (second === this.#second) return this.#text
    const date = new Date(this.#zone.toLocal(second * 1000))
    this.#second = second
    this.#text = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 19)}`
    return this.#text
  }
}
