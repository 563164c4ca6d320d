import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { LogfmtScanner } from './logfmt-scanner.ts'
import { PageTime } from './page-time.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

const twoPairs = /^[\w.@-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*) +(?:\S+ +)*?[\w.@-]+=(?:"|[^\s"]|$)/

export const logfmt = defineParser({
  type: 'logfmt',
  description:
    'logfmt: `key=value key="a value"`; its keys are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  parallel: true,
  config: Type.Object({ ...wellKnownKeys, location }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
    return {
      ...levelsOf(new LogfmtScanner(new KeyedColumns(new Roles(config), time))),
      sniff: (lines) => certaintyOf(lines, 0.9, (line) => twoPairs.test(line)),
    }
  },
})
