import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { JsonScanner } from './json-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { PageTime } from './page-time.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

export const json = defineParser({
  type: 'json',
  description:
    'JSON, one object a line (NDJSON): its keys are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  parallel: true,
  config: Type.Object({ ...wellKnownKeys, location }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
    const { parse, parseBatch } = levelsOf(new JsonScanner(new KeyedColumns(new Roles(config), time)))
    return {
      parseBatch,
      // Of a record of several lines, an object that was printed with line breaks.
      parse: (text, record) => parse(text.includes('\n') ? text.replaceAll('\n', ' ') : text, record),
      sniff: (lines) => certaintyOf(lines, 0.9, isObject),
    }
  },
})

function isObject(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}
