import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { JsonScanner } from './json-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { PageTime } from './page-time.ts'
import { Roles } from './well-known-keys.ts'

const line = /^\{(?=.*"log":")(?=.*"stream":"(?:stdout|stderr)")(?=.*"time":")/

export const docker = defineParser({
  type: 'docker',
  description: 'Files of Docker’s json-file log driver: the body is the container’s line, `log.iostream` its stream',
  stability: 'beta',
  parallel: true,
  config: Type.Object({}),
  inject: { clock: Clock },
  create({ clock }) {
    const roles = new Roles(
      { body_keys: ['log'], time_keys: ['time'], severity_keys: [], trace_id_keys: [], span_id_keys: [] },
      new Map([['stream', 'log.iostream']]),
    )
    const time = new PageTime(new TimestampReader({ now: () => clock.now() }))
    return {
      ...levelsOf(new JsonScanner(new KeyedColumns(roles, time, { chomp: true }))),
      sniff: (lines) => certaintyOf(lines, 1, (text) => line.test(text)),
    }
  },
})
