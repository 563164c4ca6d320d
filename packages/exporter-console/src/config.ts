import { OneOf, type Static, Type } from '@weir/sdk'

export const consoleConfig = Type.Object({
  format: OneOf(['pretty', 'json'], {
    description: '`pretty`: alerts as cards, records as one line each. `json`: NDJSON, for another program to read.',
    default: 'pretty',
  }),
  color: OneOf(['auto', 'always', 'never'], {
    description: '`auto`: on a terminal, unless NO_COLOR is set; FORCE_COLOR switches it on everywhere.',
    default: 'auto',
  }),
  max_lines_per_second: Type.Integer({
    description:
      'Lines that records may take in a second, and as many for alerts; what is more is counted and left out. `0`: all. Holds for `pretty`.',
    default: 200,
    minimum: 0,
  }),
  max_samples: Type.Integer({ description: 'Sample lines that an alert shows.', default: 3, minimum: 0 }),
})

export type ConsoleConfig = Static<typeof consoleConfig>
