import { Clock, DissectPattern, defineParser, TimestampReader, Type } from '@weir/sdk'
import { DissectScanner } from './dissect-scanner.ts'
import { KeyedColumns } from './keyed-columns.ts'
import { levelsOf } from './line-scanner.ts'
import { location } from './location.ts'
import { PageTime } from './page-time.ts'
import { Roles, wellKnownKeys } from './well-known-keys.ts'

export const dissect = defineParser({
  type: 'dissect',
  description:
    'Lines whose fields stand between texts that are always there; its fields are attributes; message, time, level and trace go to their fields',
  stability: 'beta',
  parallel: true,
  config: Type.Object({
    pattern: DissectPattern({
      description:
        'the line with its fields as `%{name}`; `%{}` is skipped, `%{name->}` padded, `%{+name}` goes on with the field before it, `%{name|string}` is no number',
      examples: ['%{client.address} %{} %{user.name} [%{time}] "%{request}" %{http.response.status_code} %{size}'],
    }),
    ...wellKnownKeys,
    location,
  }),
  inject: { clock: Clock },
  create({ config, clock }) {
    const time = new PageTime(new TimestampReader({ zone: config.location, now: () => clock.now() }))
    const roles = new Roles(config)
    return levelsOf(new DissectScanner(config.pattern, roles, new KeyedColumns(roles, time)))
  },
})
