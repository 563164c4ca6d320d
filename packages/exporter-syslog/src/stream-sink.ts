import { Buffer } from 'node:buffer'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'
import type { Clock } from '@weir/sdk'
import { closedByPeer, unreachable } from './errors.ts'
import { eventsSeen, type Sink } from './sink.ts'

export interface StreamSinkOptions {
  readonly place: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly tls: ConnectionOptions | undefined
  /** A peer of TLS 1.3 looks at our certificate after the handshake has ended for us. */
  readonly hasCertificate: boolean
  readonly octetCounting: boolean
  readonly clock: Clock
  readonly closeMs: number
}

/** After this long a silent peer is asked whether it is still there. */
const keepAliveMs = 60_000
/** How long a peer may take to refuse us after it has accepted the connection. */
const refusalMs = 500
/** A connection that the peer has closed before this time was refused, not given up. */
const doubtMs = 1000

/**
 * Sends messages over one connection that it keeps. Syslog has no acknowledgement, so it looks before and after each
 * write whether the peer is still there: what the kernel has taken and the peer has not read is lost when the peer resets
 * the connection.
 */
export class StreamSink implements Sink {
  readonly #options: StreamSinkOptions
  readonly #peer: string
  #socket: Socket | undefined
  #openedAt = 0
  /** The peer closes what it has just accepted: nothing is written to it before it has had the time to do so. */
  #isDoubted = false

  constructor(options: StreamSinkOptions) {
    this.#options = options
    const { place } = options
    this.#peer = 'path' in place ? place.path : `${place.host}:${place.port}`
  }

  async send(messages: readonly string[], abortSignal: AbortSignal): Promise<void> {
    await eventsSeen()
    const socket = this.#socket ?? (await this.#connect(abortSignal))
    try {
      await this.#write(socket, this.#frame(messages), abortSignal)
    } catch (error) {
      // Part of a message may be on its way: what follows must not continue it.
      this.#drop(socket)
      abortSignal.throwIfAborted()
      throw unreachable(this.#peer, error)
    }
    await eventsSeen()
    if (this.#socket !== socket) throw closedByPeer(this.#peer)
  }

  /** Ends the connection and waits until the peer has read to the end, for as long as it may take. */
  async close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(this.#options.closeMs, resolve)
    socket.once('close', () => resolve())
    socket.end()
    await promise
    timer.cancel()
    socket.destroy()
  }

  #frame(messages: readonly string[]): Buffer {
    if (!this.#options.octetCounting) return Buffer.from(messages.map((message) => `${message}\n`).join(''))
    return Buffer.from(messages.map((message) => `${Buffer.byteLength(message)} ${message}`).join(''))
  }

  #drop(socket: Socket): void {
    socket.destroy()
    if (this.#socket === socket) this.#socket = undefined
  }

  #lose(socket: Socket): void {
    if (this.#socket === socket && this.#options.clock.monotonic() - this.#openedAt < doubtMs) this.#isDoubted = true
    this.#drop(socket)
  }

  async #watch(socket: Socket, abortSignal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(refusalMs, resolve)
    const abort = () => this.#drop(socket)
    socket.once('close', () => resolve())
    abortSignal.addEventListener('abort', abort, { once: true })
    await promise
    timer.cancel()
    abortSignal.removeEventListener('abort', abort)
    abortSignal.throwIfAborted()
    if (this.#socket !== socket) throw closedByPeer(this.#peer)
    this.#isDoubted = false
  }

  async #connect(abortSignal: AbortSignal): Promise<Socket> {
    abortSignal.throwIfAborted()
    const socket = this.#open()
    const abort = () => void socket.destroy()
    abortSignal.addEventListener('abort', abort, { once: true })
    try {
      await this.#ready(socket)
    } catch (error) {
      socket.destroy()
      abortSignal.throwIfAborted()
      throw unreachable(this.#peer, error)
    } finally {
      abortSignal.removeEventListener('abort', abort)
    }
    this.#socket = socket
    this.#openedAt = this.#options.clock.monotonic()
    // What a peer says is read and thrown away: else its end would not be seen.
    socket.resume()
    for (const event of ['end', 'close', 'error']) socket.on(event, () => this.#lose(socket))
    if (this.#isDoubted) await this.#watch(socket, abortSignal)
    return socket
  }

  #open(): Socket {
    const { place, tls } = this.#options
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: keepAliveMs, noDelay: true }
    if ('path' in place) return connect(place.path)
    return tls === undefined ? connect({ ...place, ...keepAlive }) : connectTls({ ...place, ...keepAlive, ...tls })
  }

  async #ready(socket: Socket): Promise<void> {
    const { hasCertificate, clock } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    if (!(socket instanceof TLSSocket)) {
      socket.once('connect', () => resolve())
      return promise
    }
    socket.once('secureConnect', () => {
      if (!hasCertificate || socket.getProtocol() !== 'TLSv1.3') return resolve()
      // What is written while OpenSSL calls back would stay where it is.
      socket.once('session', () => setImmediate(resolve))
      socket.resume()
      const timer = clock.after(refusalMs, resolve)
      promise.then(timer.cancel, timer.cancel)
    })
    return promise
  }

  #write(socket: Socket, bytes: Buffer, abortSignal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = () => reject(abortSignal.reason)
    const close = () => reject(new Error('the connection was closed'))
    abortSignal.addEventListener('abort', abort, { once: true })
    socket.once('close', close)
    if (abortSignal.aborted) abort()
    else socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    return promise.finally(() => {
      abortSignal.removeEventListener('abort', abort)
      socket.off('close', close)
    })
  }
}
