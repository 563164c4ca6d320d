import type { Buffer } from 'node:buffer'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import type { Clock, Logger, Timer } from '@weir/sdk'
import { type AllowedSenders, plainAddress } from './allowed-senders.ts'
import type { Gatherings } from './gatherings.ts'
import { kernelDrops } from './kernel-drops.ts'
import type { ListenAddress } from './listen-address.ts'
import type { DatagramConfig } from './listener-keys.ts'
import type { ListenerMetrics } from './listener-metrics.ts'
import type { PeerNotices } from './peer-notices.ts'

export interface DatagramListenerOptions {
  readonly config: DatagramConfig
  readonly place: ListenAddress
  readonly allowed: AllowedSenders
  readonly gatherings: Gatherings
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: ListenerMetrics
  readonly notices: PeerNotices
}

/** How often the kernel is asked what it has dropped. */
const watchMs = 5000

/** Receives datagrams, each of them a message. Nothing holds their sender back: what finds no room is dropped, counted. */
export class DatagramListener {
  readonly #options: DatagramListenerOptions
  readonly #socket: Socket
  #watch: Timer | undefined
  #kernelDrops = 0

  constructor(options: DatagramListenerOptions) {
    this.#options = options
    this.#socket = createSocket({
      type: isIP(options.place.host) === 6 ? 'udp6' : 'udp4',
      recvBufferSize: options.config.receive_buffer_size,
    })
    this.#socket.on('message', (bytes, from) => this.#take(bytes, from))
  }

  get port(): number {
    return this.#socket.address().port
  }

  async start(): Promise<void> {
    const { place, logger, config, clock } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind({ address: place.host, port: place.port }, () => {
        this.#socket.off('error', reject)
        this.#socket.on('error', (error) => logger.error(`receiving datagrams failed: ${error.message}`))
        resolve()
      })
    })
    // Linux counts its own bookkeeping in, and so tells twice of what it grants.
    const granted = this.#socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1)
    if (granted < config.receive_buffer_size) {
      logger.warn(
        { granted, asked: config.receive_buffer_size },
        'the kernel grants a smaller receive buffer than receive_buffer_size: raise net.core.rmem_max if datagrams are dropped',
      )
    }
    this.#watch = clock.every(watchMs, () => this.#countKernelDrops())
  }

  async stop(): Promise<void> {
    this.#watch?.cancel()
    this.#countKernelDrops()
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #take(bytes: Buffer, from: RemoteInfo): void {
    const { allowed, gatherings, metrics, notices } = this.#options
    if (!allowed.has(from.address)) {
      metrics.droppedDatagrams.add(1, { reason: 'not_allowed' })
      notices.warn(plainAddress(from.address), 'not_allowed', 'a datagram was dropped: it is not among allowed_senders')
    } else if (gatherings.isFull) {
      metrics.droppedDatagrams.add(1, { reason: 'queue_full' })
      notices.warn('any', 'queue_full', 'datagrams are dropped: the pipeline takes them more slowly than they come')
    } else {
      gatherings.of({ address: plainAddress(from.address), port: from.port }).message(bytes, 0, bytes.length)
    }
  }

  #countKernelDrops(): void {
    const { metrics, logger } = this.#options
    const dropped = kernelDrops(this.port) ?? 0
    if (dropped <= this.#kernelDrops) return
    metrics.kernelDrops.add(dropped - this.#kernelDrops)
    if (this.#kernelDrops === 0) {
      logger.warn({ dropped }, 'the kernel dropped datagrams: they came faster than they were read')
    }
    this.#kernelDrops = dropped
  }
}
