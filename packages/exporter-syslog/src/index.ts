import { Clock, defineExporter, Meter, RunMode } from '@weir/sdk'
import { config } from './config.ts'
import { checkSyslogExporter, SyslogExporter } from './syslog-exporter.ts'

export default defineExporter({
  type: 'syslog',
  description: 'Sends syslog over UDP, TCP, TLS and Unix sockets, RFC 5424 or RFC 3164.',
  stability: 'beta',
  config,
  check: checkSyslogExporter,
  inject: { mode: RunMode, clock: Clock, meter: Meter },
  create: (context) => new SyslogExporter(context),
})
