import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock } from '@weir/sdk'
import { Framer, type FramerOptions } from './framer.ts'
import type { Gatherings, Peer } from './gatherings.ts'

export interface ConnectionOptions {
  readonly socket: Socket
  readonly peer: Peer
  readonly clock: Clock
  readonly gatherings: Gatherings
  readonly framing: FramerOptions
  /** There is no room: it waits in the queue for its turn. */
  onWaiting(connection: Connection): void
  onClosed(connection: Connection): void
}

export type TimeOut = 'idle' | 'frame'

/** One sender over a stream. It is read no faster than its messages are taken. */
export class Connection {
  readonly peer: Peer
  readonly #options: ConnectionOptions
  readonly #framer: Framer
  /** Read while there was no room: what was under way when the socket was paused. */
  #pending: Buffer[] = []
  #isClosed = false
  #hasEnded = false
  #lastData: number
  #unfinished = 0
  #unfinishedSince = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.peer = options.peer
    this.#lastData = options.clock.monotonic()
    const sink = {
      lines: (bytes: Buffer, from: number, to: number) => options.gatherings.of(options.peer).lines(bytes, from, to),
      message: (bytes: Buffer, from: number, to: number) =>
        options.gatherings.of(options.peer).message(bytes, from, to),
    }
    this.#framer = new Framer(options.framing, sink)
    const { socket } = options
    socket.on('data', (chunk) => this.#take(chunk))
    // The close that follows says it all: a sender that goes away is nothing unusual.
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#isClosed = true
      if (this.#pending.length === 0) this.#end()
    })
  }

  /** Passes on what waits; reads on. */
  proceed(): void {
    for (const chunk of this.#pending.splice(0)) this.#push(chunk)
    if (this.#isClosed) this.#end()
    else this.#options.socket.resume()
  }

  /** Which limit it has gone beyond. */
  overdue(idleMs: number, frameMs: number): TimeOut | undefined {
    const now = this.#options.clock.monotonic()
    if (this.#pending.length > 0) {
      this.#lastData = now
      this.#unfinishedSince = now
      return undefined
    }
    if (frameMs > 0 && this.#unfinished > 0 && now - this.#unfinishedSince >= frameMs) return 'frame'
    return idleMs > 0 && now - this.#lastData >= idleMs ? 'idle' : undefined
  }

  /** Closes it; what was read is passed on, whether there is room or not. */
  close(): void {
    this.#options.socket.destroy()
    for (const chunk of this.#pending.splice(0)) this.#push(chunk)
    this.#end()
  }

  #take(chunk: Buffer): void {
    if (this.#hasEnded) return
    this.#lastData = this.#options.clock.monotonic()
    if (this.#pending.length === 0 && !this.#options.gatherings.isFull) {
      this.#push(chunk)
      return
    }
    this.#pending.push(chunk)
    if (this.#pending.length > 1) return
    this.#options.socket.pause()
    this.#options.onWaiting(this)
  }

  #push(chunk: Buffer): void {
    this.#framer.push(chunk)
    const { unfinished } = this.#framer
    if (unfinished !== this.#unfinished) this.#unfinishedSince = this.#lastData
    this.#unfinished = unfinished
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#framer.end()
    this.#options.gatherings.finish(this.peer)
    this.#options.onClosed(this)
  }
}
