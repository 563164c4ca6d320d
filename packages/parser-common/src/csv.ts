import { Clock, defineParser, type LineSource, type Parser, State, TimestampReader, Type } from '@weir/sdk'
import { CsvScanner } from './csv-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { PageTime } from './page-time.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

export const csv = defineParser({
  type: 'csv',
  description:
    'Delimited values with a header: its names are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  config: Type.Object({
    header: Type.String({
      description: 'the names of the columns, delimited as the lines are; left out: the first line of each source',
      default: '',
      examples: ['time,level,message'],
    }),
    delimiter: Type.String({
      description: 'what stands between two fields: one character of ASCII',
      default: ',',
      pattern: '^[ -~\\t]$',
      examples: [';', '\t'],
    }),
    ...wellKnownKeys,
    location,
  }),
  inject: { clock: Clock, state: State },
  create({ config, clock, state }) {
    const roles = new Roles(config)
    const create = (header: string, learned: (header: string) => void): Parser => {
      const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
      const scanner = new CsvScanner(new KeyedColumns(roles, time), {
        delimiter: config.delimiter.charCodeAt(0),
        header,
        hasHeaderLine: config.header === '',
        learned,
      })
      return levelsOf(scanner)
    }
    if (config.header !== '') return create(config.header, () => {})
    return {
      ...create('', () => {}),
      // A source that is read on after a restart does not show its first line again.
      open({ id }: LineSource): Parser {
        const key = `header:${id}`
        const known = state.get(key)
        return create(typeof known === 'string' ? known : '', (header) => state.set(key, header))
      },
    }
  },
})
