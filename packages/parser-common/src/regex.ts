import {
  Clock,
  defineParser,
  Pattern,
  type PatternMatch,
  Patterns,
  type Record,
  TimestampReader,
  Type,
} from '@weir/sdk'
import { location } from './location.ts'
import { RecordFields } from './record-fields.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

export const regex = defineParser({
  type: 'regex',
  description:
    'Lines that match a regular expression: named groups are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    pattern: Pattern({
      description:
        'regular expression with named groups, such as `(?<level>\\w+)`; a line that does not match is not understood',
      examples: ['^(?<time>\\S+) (?<level>\\w+) (?<message>.*)$'],
    }),
    ...wellKnownKeys,
    location,
  }),
  inject: { clock: Clock, patterns: Patterns },
  create({ config, clock, patterns }) {
    const pattern = patterns.compile(config.pattern)
    const roles = new Roles(config)
    const time = new TimestampReader({ zone: config.location, now: () => clock.now() })
    let groups: Groups | undefined
    return {
      parse(line, record) {
        const match = pattern.exec(line)
        if (match === null) return false
        groups ??= new Groups(match, roles, time)
        groups.set(record, match)
        return true
      },
    }
  },
})

/** The named groups of a pattern, as its first match shows them. */
class Groups {
  readonly #names: readonly string[]
  readonly #fields: RecordFields
  /** Every group has a name of its own: then they are read by their places, without looking for names. */
  readonly #areAll: boolean

  constructor({ groups = {}, length }: PatternMatch, roles: Roles, time: TimestampReader) {
    this.#names = Object.keys(groups)
    this.#fields = new RecordFields(
      this.#names.map((name) => ({ name })),
      roles,
      time,
    )
    this.#areAll = this.#names.length === length - 1
  }

  set(record: Record, match: PatternMatch): void {
    if (this.#areAll) this.#fields.set(record, match, 1)
    else
      this.#fields.set(
        record,
        this.#names.map((name) => match.groups?.[name]),
      )
  }
}
