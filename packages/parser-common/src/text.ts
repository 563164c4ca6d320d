import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { continues, isContinuation, isExceptionName } from './continuation.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { PageTime } from './page-time.ts'
import { TextScanner } from './text-scanner.ts'

const timeOrLevel =
  /^\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d\d\/\d\d\/\d\d \d\d:\d\d|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b)/

export const text = defineParser({
  type: 'text',
  description:
    'Lines of applications: time, level, thread and logger where they are there, then the message; stack traces stay with it',
  stability: 'beta',
  parallel: true,
  config: Type.Object({ location }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
    return {
      ...levelsOf(new TextScanner(time)),
      // Of lines that look like the name of an exception, only those are refused that stand below frames.
      continues: (line, previous) => continues(line, previous) || isExceptionName(line),
      // Whatever has more structure than a time and a message is known better by its own parser.
      sniff: (lines) =>
        certaintyOf(
          lines.filter((line) => !isContinuation(line)),
          0.5,
          (line) => timeOrLevel.test(line),
        ),
    }
  },
})
