import { listening } from '@weir/line-listener/testing'
import { resolveConfig } from '@weir/sdk'
import { config, type SyslogConfig } from './config.ts'
import { syslogReceiver } from './syslog-receiver.ts'

/** Receivers of syslog on free ports. */
export const { created, receiving } = listening((given, services) =>
  // What resolveConfig makes of the schema is of the schema's type.
  syslogReceiver({ ...services, config: resolveConfig(config, given) as SyslogConfig }),
)
