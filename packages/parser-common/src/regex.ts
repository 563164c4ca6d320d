import { Clock, defineParser, Pattern, Patterns, TimestampReader, Type } from '@weir/sdk'
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
    const time = new TimestampReader({ zone: config.location, now: () => clock.now() })
    const fields = new RecordFields(new Roles(config), time)
    return {
      parse(line, record) {
        const match = pattern.exec(line)
        if (match === null) return false
        const parts = []
        for (const [name, text] of Object.entries(match.groups ?? {}))
          if (text !== undefined) parts.push({ name, text })
        fields.set(record, parts)
        return true
      },
    }
  },
})
