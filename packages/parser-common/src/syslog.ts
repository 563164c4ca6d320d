import { Clock, defineParser, OneOf, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { PageTime } from './page-time.ts'
import { SyslogScanner } from './syslog-scanner.ts'

const rfc5424 = /^<\d{1,3}>1 (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ (?:-|\[)/
const withPriority = /^<\d{1,3}>/
const withHost =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) [\w.:-]+ [^\s:[]+(?:\[\d+\])?: /

export const syslog = defineParser({
  type: 'syslog',
  description: 'Syslog, RFC 5424 and RFC 3164 as it is used, with the attributes of the Collector',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    protocol: OneOf(['auto', 'rfc3164', 'rfc5424'], {
      description: 'which syntax; `auto` tells them apart message by message',
      default: 'auto',
    }),
    location,
  }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
    return {
      ...levelsOf(new SyslogScanner({ protocol: config.protocol, time })),
      sniff: (lines) =>
        Math.max(
          certaintyOf(lines, 1, (line) => rfc5424.test(line)),
          certaintyOf(lines, 0.95, (line) => withPriority.test(line)),
          certaintyOf(lines, 0.9, (line) => withPriority.test(line) || withHost.test(line)),
        ),
    }
  },
})
