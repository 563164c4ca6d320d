import { Clock, defineParser, OneOf, type Record, TimestampReader, Type } from '@weir/sdk'
import { isAccessLine } from './access-line.ts'
import { AccessScanner } from './access-scanner.ts'
import { certaintyOf } from './certainty.ts'
import { ErrorScanner } from './error-scanner.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { isNginxError, NginxErrorReader } from './nginx-error.ts'

export const nginx = defineParser({
  type: 'nginx',
  description: 'Access logs (combined, main, common) and error logs of nginx',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    format: OneOf(['auto', 'combined', 'common', 'error'], {
      description:
        'which log: `auto` tells access and error lines apart line by line; `combined` takes what follows the user agent in `main` as well',
      default: 'auto',
    }),
    location,
  }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const { format } = config
    const options = { zone: config.location, now: () => clock.now() }
    const errors = new NginxErrorReader(new TimestampReader(options))
    const readError = (start: number, end: number, record: Record) => errors.read(start, end, record)
    if (format === 'error')
      return { ...levelsOf(new ErrorScanner(readError)), sniff: (lines) => certaintyOf(lines, 1, isNginxError) }
    const scanner = new AccessScanner({
      format: format === 'auto' ? 'either' : format,
      time: new TimestampReader(options),
      other: format === 'auto' ? readError : undefined,
    })
    return {
      ...levelsOf(scanner),
      // Apache writes the same access lines: of two that are as sure, nginx is the more common.
      sniff: (lines) => Math.max(certaintyOf(lines, 0.95, isAccessLine), certaintyOf(lines, 1, isNginxError)),
    }
  },
})
