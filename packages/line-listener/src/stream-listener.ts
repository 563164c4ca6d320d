import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from 'node:tls'
import { type Clock, messageOf, type Timer } from '@weir/sdk'
import { handshakeProblem } from '@weir/tls-files'
import { type AllowedSenders, plainAddress } from './allowed-senders.ts'
import { Connection } from './connection.ts'
import type { FramerOptions } from './framer.ts'
import type { Gatherings, Peer } from './gatherings.ts'
import type { StreamConfig } from './listener-keys.ts'
import type { ListenerMetrics } from './listener-metrics.ts'
import type { PeerNotices } from './peer-notices.ts'
import { isPermitted } from './tls-options.ts'

/** How the messages of a connection are told apart. */
export type Framing = Pick<FramerOptions, 'octetCounting' | 'trailer' | 'isVerbatim'>

export interface StreamListenerOptions {
  readonly config: StreamConfig
  readonly framing: Framing
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string; readonly mode: number }
  readonly tls: { readonly options: TlsOptions; readonly permittedPeers: readonly string[] } | undefined
  readonly allowed: AllowedSenders
  readonly gatherings: Gatherings
  readonly clock: Clock
  readonly metrics: ListenerMetrics
  readonly notices: PeerNotices
}

/** Granularity of the time-outs. */
const sweepMs = 1000
/** After this long a silent peer is asked whether it is still there, so that one that has vanished does not keep its place. */
const keepAliveMs = 60_000

/** Listens on a TCP port, with or without TLS, or on a Unix socket, and reads its connections in turn. */
export class StreamListener {
  readonly #options: StreamListenerOptions
  readonly #server: Server
  readonly #secure: TlsServer | undefined
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Set<Connection>()
  /** Those that have something to pass on, in the order in which they get room. */
  readonly #waiting: Connection[] = []
  #sweep: Timer | undefined
  #accepted = 0

  constructor(options: StreamListenerOptions) {
    this.#options = options
    this.#server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveMs }, (socket) =>
      this.#accept(socket),
    )
    this.#server.maxConnections = options.config.max_connections
    this.#server.on('drop', (data) =>
      this.#refuse(peerOf(data ?? {}), 'max_connections', 'there are enough connections'),
    )
    this.#secure = options.tls === undefined ? undefined : this.#secureServer(options.tls)
    options.gatherings.onRoom = () => this.#serve()
  }

  /** The port that it listens on; 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async start(): Promise<void> {
    const { place, clock, config } = this.#options
    if ('path' in place) await removeStale(place.path)
    await listen(this.#server, 'path' in place ? { path: place.path } : place)
    this.#server.on('error', (error) =>
      this.#options.notices.warn('any', 'accept', `a connection could not be accepted: ${error.message}`),
    )
    if ('path' in place) chmodSync(place.path, place.mode)
    if (config.connection_idle_timeout > 0 || config.frame_timeout > 0) {
      this.#sweep = clock.every(sweepMs, () => this.#closeOverdue())
    }
  }

  /** Takes no more connections, closes those that there are, and passes on what was read of them. */
  async stop(): Promise<void> {
    this.#sweep?.cancel()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#waiting.length = 0
    for (const connection of [...this.#connections]) connection.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    const peer = peerOf(socket)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#options.metrics.openConnections.record(this.#sockets.size)
    })
    this.#options.metrics.openConnections.record(this.#sockets.size)
    if (!('path' in this.#options.place) && !this.#options.allowed.has(peer.address)) {
      socket.destroy()
      this.#refuse(peer, 'not_allowed', 'it is not among allowed_senders')
    } else if (this.#secure === undefined) {
      this.#read(socket, peer)
    } else {
      socket.on('error', () => {})
      this.#secure.emit('connection', socket)
    }
  }

  #secureServer({ options, permittedPeers }: NonNullable<StreamListenerOptions['tls']>): TlsServer {
    const server = createTlsServer(options, (socket) => {
      const peer = peerOf(socket)
      const certificate = options.requestCert === true ? socket.getPeerCertificate() : undefined
      const isBearer = certificate !== undefined && Object.keys(certificate).length > 0
      if (isBearer && !socket.authorized) {
        socket.destroy()
        this.#refuse(peer, 'tls', `its certificate is refused: ${messageOf(socket.authorizationError)}`)
      } else if (permittedPeers.length > 0 && !(isBearer && isPermitted(certificate, permittedPeers))) {
        socket.destroy()
        this.#refuse(peer, 'tls', 'its certificate bears none of the permitted_peers')
      } else {
        this.#read(socket, peer)
      }
    })
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const peer = peerOf(socket)
      socket.destroy()
      this.#refuse(peer, 'tls', `the handshake failed: ${handshakeProblem(error)}`)
    })
    return server
  }

  #read(socket: Socket, peer: Peer): void {
    const { gatherings, clock } = this.#options
    const connection = new Connection({
      socket,
      peer: { ...peer, connection: this.#accepted++ },
      clock,
      gatherings,
      framing: this.#framing(peer),
      onWaiting: (one) => this.#waiting.push(one),
      onClosed: (one) => this.#connections.delete(one),
    })
    this.#connections.add(connection)
  }

  #framing(peer: Peer): FramerOptions {
    const { config, framing, metrics, notices } = this.#options
    return {
      ...framing,
      maxBytes: config.max_log_size,
      oversize: config.max_log_size_behavior,
      onFramingError: () => {
        metrics.framingErrors.add(1)
        notices.warn(peer.address, 'framing', 'a count before a message was not its length')
      },
      onOversize: () => {
        metrics.oversizeMessages.add(1)
        notices.warn(peer.address, 'oversize', 'a message was longer than max_log_size')
      },
      onIncomplete: () => metrics.incompleteMessages.add(1),
    }
  }

  /** Lets connections go on, the one that has waited longest first, as long as there is room. */
  #serve(): void {
    while (this.#waiting.length > 0 && !this.#options.gatherings.isFull) this.#waiting.shift()?.proceed()
  }

  #closeOverdue(): void {
    const { config, metrics, notices } = this.#options
    for (const connection of this.#connections) {
      const reason = connection.overdue(config.connection_idle_timeout, config.frame_timeout)
      if (reason === undefined) continue
      metrics.closedConnections.add(1, { reason })
      if (reason === 'frame') {
        notices.warn(connection.peer.address, reason, 'a message was begun and not ended within frame_timeout')
      }
      connection.close()
    }
  }

  #refuse(peer: Peer, reason: string, why: string): void {
    this.#options.metrics.refusedConnections.add(1, { reason })
    this.#options.notices.warn(peer.address, reason, `a connection was refused: ${why}`)
  }
}

const peerOf = (socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }): Peer => ({
  address: plainAddress(socket.remoteAddress ?? ''),
  port: socket.remotePort ?? 0,
})

function listen(server: Server, place: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(place, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Removes a socket that a process has left behind: one to which nobody listens. */
async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (!isAlive) unlinkSync(path)
}
