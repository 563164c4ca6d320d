import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { JsonScanner } from './json-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { PageTime } from './page-time.ts'
import { Roles } from './well-known-keys.ts'

/** Whether a line is one of Docker’s files. */
export const isDockerLine = (text: string): boolean => line.test(text)

/** Reads them. */
export function dockerScanner(now: () => number): JsonScanner {
  const roles = new Roles(
    { body_keys: ['log'], time_keys: ['time'], severity_keys: [], trace_id_keys: [], span_id_keys: [] },
    new Map([['stream', 'log.iostream']]),
  )
  return new JsonScanner(new KeyedColumns(roles, new PageTime(new TimestampReader({ now })), { chomp: true }))
}

const line = /^\{(?=.*"log":")(?=.*"stream":"(?:stdout|stderr)")(?=.*"time":")/

export const docker = defineParser({
  type: 'docker',
  description: 'Files of Docker’s json-file log driver: the body is the container’s line, `log.iostream` its stream',
  stability: 'beta',
  parallel: true,
  config: Type.Object({}),
  inject: { clock: Clock },
  create: ({ clock }) => ({
    ...levelsOf(dockerScanner(() => clock.now())),
    sniff: (lines) => certaintyOf(lines, 1, isDockerLine),
  }),
})
