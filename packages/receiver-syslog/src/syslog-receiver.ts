import { LineListeners, type LineListenersOptions } from '@weir/line-listener'
import type { SyslogConfig } from './config.ts'

interface SyslogReceiverOptions
  extends Pick<LineListenersOptions, 'componentId' | 'clock' | 'logger' | 'meter' | 'runMode'> {
  readonly config: SyslogConfig
}

/** Listens for syslog on up to three transports. */
export function syslogReceiver({ config, ...services }: SyslogReceiverOptions): LineListeners {
  const { udp, tcp, unix, embedded_newlines: newlines } = config
  return new LineListeners({
    ...services,
    type: 'syslog',
    config,
    udp: udp && { config: udp, newlines: udp.one_log_per_packet ? newlines : 'split' },
    tcp: tcp && { config: tcp, framing: framing(tcp), newlines },
    unix: unix && { config: unix, framing: framing(unix), newlines },
  })
}

type StreamConfig = NonNullable<SyslogConfig['tcp' | 'unix']>

const framing = (config: StreamConfig) => ({
  octetCounting: config.enable_octet_counting,
  trailer: config.non_transparent_framing_trailer,
})
