import { resolve } from 'node:path'
import { type Clock, type Logger, type Meter, messageOf, type Output, type Receiver, type RunMode } from '@weir/sdk'
import { AllowedSenders } from './allowed-senders.ts'
import type { SyslogConfig, TlsConfig } from './config.ts'
import { DatagramListener } from './datagram-listener.ts'
import { badCertificate, cannotListen, noTransport } from './errors.ts'
import { Gatherings, type Transport } from './gatherings.ts'
import { parseListenAddress } from './listen-address.ts'
import { PeerNotices } from './peer-notices.ts'
import { StreamListener, type StreamListenerOptions } from './stream-listener.ts'
import { SyslogMetrics } from './syslog-metrics.ts'
import { tlsOptions } from './tls-options.ts'

export interface SyslogReceiverOptions {
  readonly config: SyslogConfig
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly runMode: RunMode
}

/** Bytes of a listener of streams that may wait; then its connections are held back. */
const maxStreamBytes = 512 * 1024

/** Listens for syslog on up to three transports. */
export class SyslogReceiver implements Receiver {
  readonly #options: SyslogReceiverOptions
  readonly #metrics: SyslogMetrics
  readonly #notices: PeerNotices
  readonly #allowed: AllowedSenders
  readonly #listeners = new Map<Transport, StreamListener | DatagramListener>()
  readonly #gatherings: Gatherings[] = []
  #hasWarned = false
  #isStopped = false

  /** @throws WeirError `WEIR_SYSLOG_NO_TRANSPORT`, `WEIR_SYSLOG_NETWORK` */
  constructor(options: SyslogReceiverOptions) {
    const { config, componentId } = options
    if (config.udp === undefined && config.tcp === undefined && config.unix === undefined)
      throw noTransport(componentId)
    this.#options = options
    this.#metrics = new SyslogMetrics(options.meter)
    this.#notices = new PeerNotices(options.logger)
    this.#allowed = new AllowedSenders(componentId, config.allowed_senders)
  }

  /** The port on which a transport is listened for: the one that was free, where the config says 0. */
  port(transport: Transport): number {
    return this.#listeners.get(transport)?.port ?? 0
  }

  /** @throws WeirError `WEIR_SYSLOG_ADDRESS`, `WEIR_SYSLOG_LISTEN`, `WEIR_SYSLOG_TLS` */
  async start(output: Output): Promise<void> {
    const { udp, tcp, unix } = this.#options.config
    try {
      if (udp !== undefined) await this.#listenForDatagrams(output, udp)
      if (tcp !== undefined && !this.#isStopped) {
        const place = parseListenAddress(this.#options.componentId, tcp.listen_address)
        await this.#listen(tcp.listen_address, 'tcp', this.#streams('tcp', output, tcp, place, tcp.tls))
      }
      if (unix !== undefined && !this.#isStopped) {
        const path = resolve(this.#options.runMode.baseDir, unix.path)
        const place = { path, mode: Number.parseInt(unix.mode, 8) }
        await this.#listen(path, 'unix', this.#streams('unix', output, unix, place))
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** What was read is sent; what stands in the buffers of the kernel is not read any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(Array.from(this.#listeners.values(), (listener) => listener.stop()))
    this.#listeners.clear()
    await Promise.all(this.#gatherings.map((gatherings) => gatherings.drain()))
  }

  async #listen(place: string, transport: Transport, listener: StreamListener | DatagramListener): Promise<void> {
    const { componentId, logger } = this.#options
    try {
      await listener.start()
    } catch (cause) {
      throw cannotListen(componentId, place, cause)
    }
    if (this.#isStopped) return listener.stop()
    this.#listeners.set(transport, listener)
    logger.info({ transport, address: place, port: listener.port }, 'listening for syslog')
  }

  #listenForDatagrams(output: Output, config: NonNullable<SyslogConfig['udp']>): Promise<void> {
    const { componentId, clock, logger } = this.#options
    const newlines = config.one_log_per_packet ? this.#options.config.embedded_newlines : 'split'
    const listener = new DatagramListener({
      config,
      place: parseListenAddress(componentId, config.listen_address),
      allowed: this.#allowed,
      gatherings: this.#gather('udp', output, config.queue_size, newlines),
      clock,
      logger,
      metrics: this.#metrics,
      notices: this.#notices,
    })
    return this.#listen(config.listen_address, 'udp', listener)
  }

  #streams(
    transport: Transport,
    output: Output,
    config: StreamListenerOptions['config'],
    place: StreamListenerOptions['place'],
    tls?: TlsConfig,
  ): StreamListener {
    const gatherings = this.#gather(transport, output, maxStreamBytes, this.#options.config.embedded_newlines)
    try {
      return new StreamListener({
        config,
        place,
        tls:
          tls === undefined
            ? undefined
            : { options: tlsOptions(tls, this.#options.runMode.baseDir), permittedPeers: tls.permitted_peers },
        allowed: this.#allowed,
        gatherings,
        clock: this.#options.clock,
        metrics: this.#metrics,
        notices: this.#notices,
      })
    } catch (cause) {
      throw badCertificate(this.#options.componentId, cause)
    }
  }

  #gather(
    transport: Transport,
    output: Output,
    maxQueuedBytes: number,
    newlines: SyslogConfig['embedded_newlines'],
  ): Gatherings {
    const { config, componentId, clock } = this.#options
    const gatherings = new Gatherings({
      componentId,
      transport,
      output,
      clock,
      metrics: this.#metrics,
      flushMs: config.flush_timeout,
      newlines,
      addAttributes: config.add_attributes,
      maxQueuedBytes,
      onLost: (error) => this.#warnOfLoss(error),
    })
    this.#gatherings.push(gatherings)
    return gatherings
  }

  #warnOfLoss(error: unknown): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.logger.warn(
      `messages were received and not delivered, and their senders will not repeat them: ${messageOf(error)}`,
    )
  }
}
