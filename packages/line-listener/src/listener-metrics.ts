import type { Counter, Gauge, Meter } from '@weir/sdk'

/** What listeners count, under the name of their receiver. */
export class ListenerMetrics {
  readonly openConnections: Gauge
  readonly refusedConnections: Counter
  readonly framingErrors: Counter
  readonly oversizeMessages: Counter
  readonly incompleteMessages: Counter
  readonly closedConnections: Counter
  readonly droppedDatagrams: Counter
  readonly kernelDrops: Counter
  readonly lostBytes: Counter

  constructor(meter: Meter, type: string) {
    const prefix = `weir_receiver_${type}_`
    const counter = (name: string, description: string, unit: string) =>
      meter.counter(`${prefix}${name}`, { description, unit })
    this.openConnections = meter.gauge(`${prefix}open_connections`, {
      description: 'Connections that are open',
      unit: '{connection}',
    })
    this.refusedConnections = counter('refused_connections', 'Connections refused, by reason', '{connection}')
    this.closedConnections = counter(
      'closed_connections',
      'Connections closed by a time-out, by reason',
      '{connection}',
    )
    this.framingErrors = counter('framing_errors', 'Counts that were no true length of a message', '{error}')
    this.oversizeMessages = counter('oversize_messages', 'Messages longer than max_log_size', '{message}')
    this.incompleteMessages = counter(
      'incomplete_messages',
      'Messages without their end when a connection closed',
      '{message}',
    )
    this.droppedDatagrams = counter(
      'dropped_datagrams',
      'Datagrams that were read and dropped, by reason',
      '{datagram}',
    )
    this.kernelDrops = counter(
      'kernel_drops',
      'Datagrams that the kernel dropped because the buffer was full',
      '{datagram}',
    )
    this.lostBytes = counter('lost_bytes', 'Bytes that were read and could not be delivered', 'By')
  }
}
