import { Clock, defineParser, Logger, Parsers, Type } from '@weir/sdk'
import { Candidates, type Choice } from './candidates.ts'
import { containerParser, usualPatienceMs } from './container.ts'
import { SniffingParser } from './sniffing-parser.ts'

export const auto = defineParser({
  type: 'auto',
  description: 'Looks at the first lines of each source and picks the installed parser that is surest of them',
  stability: 'beta',
  config: Type.Object({
    threshold: Type.Number({
      description: 'how sure a parser must be, 0 to 1; below that lines are read as `text`',
      default: 0.4,
      minimum: 0,
      maximum: 1,
    }),
    types: Type.Array(Type.String(), {
      description:
        'the parser types, or ids of entries under `parsers`, that are tried; left out: every installed type',
      default: [],
    }),
  }),
  inject: { parsers: Parsers, logger: Logger, clock: Clock },
  create({ config, parsers, logger, clock }) {
    const options = { format: 'auto', patienceMs: usualPatienceMs, now: () => clock.now() } as const
    const ofContainers = (messages: Choice) =>
      containerParser(options, (source = { id: '' }) => new SniffingParser(messages, source), false)
    const candidates = new Candidates(parsers, config, logger, ofContainers)
    const shared = new SniffingParser(candidates, { id: '' })
    return {
      parse: (line, record) => shared.parse(line, record),
      parseBatch: (bytes, from, to, batch, isFinal) => shared.parseBatch(bytes, from, to, batch, isFinal),
      continues: (line, previous) => shared.continues(line, previous),
      open: (source) => new SniffingParser(candidates, source),
    }
  },
})
