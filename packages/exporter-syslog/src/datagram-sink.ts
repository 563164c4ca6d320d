import { Buffer } from 'node:buffer'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { tooLargeForDatagram, unreachable } from './errors.ts'
import { eventsSeen, type Sink } from './sink.ts'

/** Datagrams that are handed to the kernel at once: few enough to leave a receiver on the same machine its turn. */
const window = 32

/** Sends each message as a datagram (RFC 5426). Nobody says whether one arrives. */
export class DatagramSink implements Sink {
  readonly #host: string
  readonly #port: number
  #socket: Promise<Socket> | undefined
  /** What the kernel has told since it was asked last. */
  #failure: Error | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  async send(messages: readonly string[], abortSignal: AbortSignal): Promise<void> {
    try {
      this.#socket ??= this.#connect()
      const socket = await this.#socket
      for (let from = 0; from < messages.length; from += window) {
        abortSignal.throwIfAborted()
        await Promise.all(messages.slice(from, from + window).map((message) => sendOne(socket, message)))
        await eventsSeen()
        if (this.#failure !== undefined) throw this.#failure
      }
    } catch (error) {
      abortSignal.throwIfAborted()
      const peer = `${this.#host}:${this.#port}`
      if (isTooLarge(error)) throw tooLargeForDatagram(peer, error)
      await this.close()
      throw unreachable(peer, error)
    }
  }

  async close(): Promise<void> {
    const opening = this.#socket
    this.#socket = undefined
    this.#failure = undefined
    const socket = await opening?.catch(() => undefined)
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  /** A socket that is connected is told when nothing listens there (ICMP). */
  async #connect(): Promise<Socket> {
    const { address, family } = await lookup(this.#host)
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.connect(this.#port, address, () => {
        socket.off('error', reject)
        resolve()
      })
    }).catch((error: unknown) => {
      socket.close()
      throw error
    })
    socket.on('error', (error) => {
      this.#failure = error
    })
    return socket
  }
}

const sendOne = (socket: Socket, message: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(Buffer.from(message), (error) => (error === null ? resolve() : reject(error)))
  })

const isTooLarge = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'code') === 'EMSGSIZE'
