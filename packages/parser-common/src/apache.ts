import { Clock, defineParser, OneOf, type Record, TimestampReader, Type } from '@weir/sdk'
import { isAccessLine } from './access-line.ts'
import { AccessScanner } from './access-scanner.ts'
import { ApacheErrorReader, isApacheError } from './apache-error.ts'
import { certaintyOf } from './certainty.ts'
import { ErrorScanner } from './error-scanner.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'

export const apache = defineParser({
  type: 'apache',
  description: 'Access logs (combined, common) and error logs of the Apache HTTP server',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    format: OneOf(['auto', 'combined', 'common', 'error'], {
      description: 'which log: `auto` tells access and error lines apart line by line',
      default: 'auto',
    }),
    location,
  }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const { format } = config
    const options = { zone: config.location, now: () => clock.now() }
    const errors = new ApacheErrorReader(new TimestampReader(options))
    const readError = (start: number, end: number, record: Record) => errors.read(start, end, record)
    if (format === 'error')
      return { ...levelsOf(new ErrorScanner(readError)), sniff: (lines) => certaintyOf(lines, 1, isApacheError) }
    const scanner = new AccessScanner({
      format: format === 'auto' ? 'either' : format,
      time: new TimestampReader(options),
      other: format === 'auto' ? readError : undefined,
    })
    return {
      ...levelsOf(scanner),
      sniff: (lines) => Math.max(certaintyOf(lines, 0.9, isAccessLine), certaintyOf(lines, 1, isApacheError)),
    }
  },
})
