import { Clock, defineParser, Patterns, TimestampReader, Type } from '@weir/sdk'
import { checkGrok, grokExpression } from './grok-expression.ts'
import { location } from './location.ts'
import { RecordFields } from './record-fields.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

export const grok = defineParser({
  type: 'grok',
  description:
    'Lines that match a grok expression: its fields are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    pattern: Type.String({
      description: 'grok expression with the standard patterns: `%{NAME}`, `%{NAME:field}`, `%{NAME:field:int}`',
      examples: ['%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} %{GREEDYDATA:message}'],
    }),
    pattern_definitions: Type.Record(Type.String(), Type.String(), {
      description: 'own patterns by their name, which may refer to each other and to the standard ones',
      default: {},
    }),
    ...wellKnownKeys,
    location,
  }),
  check: ({ pattern, pattern_definitions: own }) => checkGrok(pattern, own),
  inject: { clock: Clock, patterns: Patterns },
  create({ config, clock, patterns }) {
    const { source, fields } = grokExpression(config.pattern, config.pattern_definitions)
    const pattern = patterns.compile(source)
    const time = new TimestampReader({ zone: config.location, now: () => clock.now() })
    const record = new RecordFields(fields, new Roles(config), time)
    const names = fields.map((_, index) => `g${index}`)
    return {
      parse(line, target) {
        const match = pattern.exec(line)
        if (match === null) return false
        const { groups = {} } = match
        record.set(
          target,
          names.map((name) => unquoted(groups[name])),
        )
        return true
      },
    }
  },
})

/** `%{QS}` has its quotes. */
const unquoted = (text: string | undefined): string | undefined =>
  text?.startsWith('"') && /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text
