import { Clock, defineParser, TimestampReader, Type } from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { CriScanner } from './cri-scanner.ts'
import { levelsOf } from './line-scanner.ts'
import { PageTime } from './page-time.ts'

const line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP](?::\S*)?(?: |$)/

/** Whether a line is one of the Container Runtime Interface. */
export const isCriLine = (text: string): boolean => line.test(text)

export const cri = defineParser({
  type: 'cri',
  description:
    'Lines of Kubernetes’ container runtimes (containerd, CRI-O): the body is the container’s line, `log.iostream` its stream, `logtag` P for a part of a line',
  stability: 'beta',
  parallel: true,
  config: Type.Object({}),
  inject: { clock: Clock },
  create({ clock }) {
    return {
      ...levelsOf(new CriScanner(new PageTime(new TimestampReader({ now: () => clock.now() })))),
      sniff: (lines) => certaintyOf(lines, 1, isCriLine),
    }
  },
})
