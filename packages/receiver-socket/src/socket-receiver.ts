import { LineListeners, type LineListenersOptions } from '@weir/line-listener'
import type { SocketConfig } from './config.ts'

interface SocketReceiverOptions
  extends Pick<LineListenersOptions, 'componentId' | 'clock' | 'logger' | 'meter' | 'runMode'> {
  readonly config: SocketConfig
}

/** Listens for lines on up to three transports. */
export function socketReceiver({ config, ...services }: SocketReceiverOptions): LineListeners {
  const { udp, tcp, unix, embedded_newlines: newlines } = config
  return new LineListeners({
    ...services,
    type: 'socket',
    config,
    joinMs: config.flush_period,
    udp: udp && { config: udp, newlines },
    tcp: tcp && { config: tcp, framing: framing(tcp.delimiter), newlines },
    unix: unix && { config: unix, framing: framing(unix.delimiter), newlines },
  })
}

const framing = (trailer: 'LF' | 'NUL') => ({ octetCounting: false, trailer, isVerbatim: true })
