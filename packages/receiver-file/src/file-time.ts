import { TimeZone } from '@weir/sdk'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'ms' | 'epoch'

/** What a directive of strptime stands for. */
interface Directive {
  readonly field: Field
  readonly shape: string
  readonly toNumber: (text: string) => number
}

const number = (field: Field, shape: string): Directive => ({ field, shape, toNumber: Number })

const directives: ReadonlyMap<string, Directive> = new Map([
  ['Y', number('year', '\\d{4}')],
  ['y', { field: 'year', shape: '\\d\\d', toNumber: (text) => Number(text) + (Number(text) < 69 ? 2000 : 1900) }],
  ['m', number('month', '\\d\\d?')],
  ['b', { field: 'month', shape: '[A-Za-z]{3}', toNumber: (text) => months.indexOf(text.toLowerCase()) + 1 }],
  ['d', number('day', '\\d\\d?')],
  ['j', number('day', '\\d{1,3}')],
  ['H', number('hour', '\\d\\d?')],
  ['M', number('minute', '\\d\\d?')],
  ['S', number('second', '\\d\\d?')],
  ['L', number('ms', '\\d{3}')],
  ['f', { field: 'ms', shape: '\\d{1,9}', toNumber: (text) => Number(`0.${text}`) * 1000 }],
  ['s', number('epoch', '\\d+')],
])

/** The times in the names of files, by a layout of strptime: `%Y%m%d%H`. */
export class FileTime {
  readonly #parts: readonly Directive[]
  readonly #expression: RegExp
  readonly #zone: TimeZone

  /**
   * @param location `UTC`, an offset or an IANA name
   * @throws WeirError `WEIR_TIME_ZONE`
   */
  constructor(layout: string, location: string) {
    const parts: Directive[] = []
    const pieces = layout.split(/%(.)/).map((piece, index) => {
      if (index % 2 === 0) return piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
      const part = directives.get(piece)
      if (part) parts.push(part)
      return `(${part?.shape ?? ''})`
    })
    this.#parts = parts
    this.#expression = new RegExp(`^${pieces.join('')}$`)
    this.#zone = new TimeZone(location)
  }

  /** The first directive of a layout that is not known. */
  static unknownIn(layout: string): string | undefined {
    for (const [directive, letter = ''] of layout.matchAll(/%(.?)/g)) if (!directives.has(letter)) return directive
    return undefined
  }

  /** Unix epoch in milliseconds; `NaN` if the text does not fit. */
  read(text: string): number {
    const match = this.#expression.exec(text)
    if (match === null) return Number.NaN
    const fields = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0, epoch: Number.NaN }
    for (const [index, { field, toNumber }] of this.#parts.entries()) fields[field] = toNumber(match[index + 1] ?? '')
    const { year, month, day, hour, minute, second, ms, epoch } = fields
    if (!Number.isNaN(epoch)) return epoch * 1000
    return this.#zone.toUtc(Date.UTC(year, month - 1, day, hour, minute, second)) + ms
  }
}
