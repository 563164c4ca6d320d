import { defineParser, Logger, Parsers, Type } from '@weir/sdk'
import { Candidates } from './candidates.ts'
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
  inject: { parsers: Parsers, logger: Logger },
  create({ config, parsers, logger }) {
    const candidates = new Candidates(parsers, config, logger)
    const shared = new SniffingParser(candidates, { id: '' })
    return {
      parse: (line, record) => shared.parse(line, record),
      parseBatch: (bytes, from, to, batch, isFinal) => shared.parseBatch(bytes, from, to, batch, isFinal),
      continues: (line, previous) => shared.continues(line, previous),
      open: (source) => new SniffingParser(candidates, source),
    }
  },
})
