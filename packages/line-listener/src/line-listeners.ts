import { resolve } from 'node:path'
import { type Clock, type Logger, type Meter, messageOf, type Output, type Receiver, type RunMode } from '@weir/sdk'
import { AllowedSenders } from './allowed-senders.ts'
import { DatagramListener } from './datagram-listener.ts'
import { cannotListen, type Owner } from './errors.ts'
import { Gatherings, type Transport } from './gatherings.ts'
import { parseListenAddress } from './listen-address.ts'
import type { DatagramConfig, ListenersConfig, StreamConfig, TlsConfig } from './listener-keys.ts'
import { ListenerMetrics } from './listener-metrics.ts'
import { PeerNotices } from './peer-notices.ts'
import { type Framing, StreamListener } from './stream-listener.ts'
import { tlsOptions } from './tls-options.ts'

/** What becomes of a line feed within a message: `#012`, a space, or the end of a line. */
export type Newlines = 'escape' | 'space' | 'split'

/** Where datagrams come in. */
export interface UdpTransport {
  readonly config: DatagramConfig & { readonly listen_address: string }
  readonly newlines: Newlines
}

/** Where connections come in. */
export interface StreamTransport<Config> {
  readonly config: Config
  readonly framing: Framing
  readonly newlines: Newlines
}

export interface LineListenersOptions {
  /** Type of the receiver: it stands in error codes (`WEIR_SYSLOG_LISTEN`) and names of metrics. */
  readonly type: string
  readonly config: ListenersConfig
  readonly udp?: UdpTransport | undefined
  readonly tcp?: StreamTransport<StreamConfig & { listen_address: string; tls?: TlsConfig }> | undefined
  readonly unix?: StreamTransport<StreamConfig & { path: string; mode: string }> | undefined
  /**
   * Each connection is a source of its own, whose lines may go on with the record before; what may be continued waits
   * for this many milliseconds. Left out, messages are records, and those of all connections are gathered together.
   */
  readonly joinMs?: number | undefined
  readonly componentId: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly runMode: RunMode
}

/** Bytes of a listener of streams that may wait; then its connections are held back. */
const maxStreamBytes = 512 * 1024

/** A receiver of lines that listens on up to three transports. */
export class LineListeners implements Receiver {
  readonly #options: LineListenersOptions
  readonly #owner: Owner
  readonly #metrics: ListenerMetrics
  readonly #notices: PeerNotices
  readonly #allowed: AllowedSenders
  readonly #listeners = new Map<Transport, StreamListener | DatagramListener>()
  readonly #gatherings: Gatherings[] = []
  #hasWarned = false
  #isStopped = false

  constructor(options: LineListenersOptions) {
    const { type, componentId } = options
    this.#owner = { type, componentId }
    this.#options = options
    this.#metrics = new ListenerMetrics(options.meter, type)
    this.#notices = new PeerNotices(options.logger)
    this.#allowed = new AllowedSenders(type, options.config.allowed_senders)
  }

  /** The port on which a transport is listened for: the one that was free, where the config says 0. */
  port(transport: Transport): number {
    return this.#listeners.get(transport)?.port ?? 0
  }

  /** @throws WeirError `WEIR_…_LISTEN`, `WEIR_…_TLS` */
  async start(output: Output): Promise<void> {
    const { udp, tcp, unix, runMode } = this.#options
    try {
      if (udp !== undefined) await this.#listen(udp.config.listen_address, 'udp', this.#datagrams(output, udp))
      if (tcp !== undefined && !this.#isStopped) {
        const { listen_address: address, tls } = tcp.config
        await this.#listen(address, 'tcp', this.#streams('tcp', output, tcp, this.#place(address), tls))
      }
      if (unix !== undefined && !this.#isStopped) {
        const path = resolve(runMode.baseDir, unix.config.path)
        const place = { path, mode: Number.parseInt(unix.config.mode, 8) }
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

  #place(address: string) {
    return parseListenAddress(this.#owner.type, address)
  }

  async #listen(place: string, transport: Transport, listener: StreamListener | DatagramListener): Promise<void> {
    const { logger } = this.#options
    try {
      await listener.start()
    } catch (cause) {
      throw cannotListen(this.#owner, place, cause)
    }
    if (this.#isStopped) return listener.stop()
    this.#listeners.set(transport, listener)
    logger.info(
      { transport, address: place, port: listener.port },
      `listening for ${this.#owner.type === 'socket' ? 'lines' : this.#owner.type}`,
    )
  }

  #datagrams(output: Output, { config, newlines }: UdpTransport): DatagramListener {
    const { clock, logger } = this.#options
    return new DatagramListener({
      config,
      place: this.#place(config.listen_address),
      allowed: this.#allowed,
      gatherings: this.#gather('udp', output, config.queue_size, newlines),
      clock,
      logger,
      metrics: this.#metrics,
      notices: this.#notices,
    })
  }

  #streams(
    transport: 'tcp' | 'unix',
    output: Output,
    { config, framing, newlines }: StreamTransport<StreamConfig>,
    place: { host: string; port: number } | { path: string; mode: number },
    tls?: TlsConfig,
  ): StreamListener {
    const { runMode, clock } = this.#options
    const gatherings = this.#gather(transport, output, maxStreamBytes, newlines)
    return new StreamListener({
      config,
      framing,
      place,
      tls:
        tls === undefined
          ? undefined
          : { options: tlsOptions(this.#owner, tls, runMode.baseDir), permittedPeers: tls.permitted_peers },
      allowed: this.#allowed,
      gatherings,
      clock,
      metrics: this.#metrics,
      notices: this.#notices,
    })
  }

  #gather(transport: Transport, output: Output, maxQueuedBytes: number, newlines: Newlines): Gatherings {
    const { config, componentId, clock, joinMs } = this.#options
    const isJoined = joinMs !== undefined && transport !== 'udp'
    const gatherings = new Gatherings({
      componentId,
      isByPeer: config.add_attributes || isJoined,
      joinMs: isJoined ? joinMs : undefined,
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
